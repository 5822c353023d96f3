/** Settings out of YAML files; needs snakeyaml-engine on the class path, and is loaded only where a file is named. */
package io.kraken.tracer.yaml;
