/** The demo: what {@code mvn -q -Pdemo} runs. */
package io.kraken.tracer.bridge.demo;
