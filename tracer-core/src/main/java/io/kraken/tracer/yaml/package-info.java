/** Settings from YAML files; needs snakeyaml-engine on the class path, and is loaded only if a file is set. */
package io.kraken.tracer.yaml;
