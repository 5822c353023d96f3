package io.kraken.tracer.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class ChartsTest {

    private static final int MOST_BYTES = 30_000;
    /** Average width of a character, in units of the font size: that of the widest usual font. */
    private static final double CHARACTER_WIDTH = 0.6;

    private static final Map<String, Document> PAGES = new LinkedHashMap<>();
    private static Map<String, String> pictures;

    /** Approximate bounds of a text. */
    private record Box(String text, double left, double right, double top, double bottom) {

        static Box of(Element text) {
            final String style = text.getAttribute("class");
            final double size = style.equals("title") ? 16 : style.equals("small") ? 12 : 13;
            final double width = text.getTextContent().length() * size * CHARACTER_WIDTH;
            final String anchor = text.getAttribute("text-anchor");
            final double x = Double.parseDouble(text.getAttribute("x"));
            final double left = anchor.equals("end") ? x - width : anchor.equals("middle") ? x - width / 2 : x;
            final double y = Double.parseDouble(text.getAttribute("y"));
            return new Box(text.getTextContent(), left, left + width, y - 0.75 * size, y + 0.2 * size);
        }

        boolean overlaps(Box other) {
            return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
        }
    }

    @BeforeAll
    static void draw() throws Exception {
        pictures = Charts.of(ResultsFixture.results());
        for (Map.Entry<String, String> picture : pictures.entrySet()) {
            PAGES.put(
                    picture.getKey(),
                    DocumentBuilderFactory.newInstance()
                            .newDocumentBuilder()
                            .parse(new ByteArrayInputStream(picture.getValue().getBytes(StandardCharsets.UTF_8))));
        }
    }

    private static List<Element> elements(Document page, String name) {
        final NodeList found = page.getElementsByTagName(name);
        final List<Element> elements = new ArrayList<>();
        for (int i = 0; i < found.getLength(); i++) {
            elements.add((Element) found.item(i));
        }
        return elements;
    }

    @Test
    void completeRunHasAllCharts() {
        assertEquals(
                List.of(
                        "service",
                        "spans",
                        "saturated",
                        "shapes",
                        "strings",
                        "threads",
                        "exporting",
                        "call",
                        "response",
                        "demo"),
                new ArrayList<>(pictures.keySet()));
    }

    @Test
    void emptyRunHasNoCharts() {
        final Results empty = Results.of(null, "short", null, null);
        assertEquals(Map.of(), Charts.of(empty));
    }

    @Test
    void sameFiguresGiveTheSameSmallCharts() {
        assertEquals(pictures, Charts.of(ResultsFixture.results()));
        pictures.forEach((name, svg) -> assertTrue(svg.length() < MOST_BYTES, name + " has " + svg.length()));
    }

    @Test
    void textsNeitherOverlapNorLeaveThePage() {
        PAGES.forEach((name, page) -> {
            final List<Box> boxes = new ArrayList<>();
            for (Element text : elements(page, "text")) {
                final Box box = Box.of(text);
                assertTrue(box.left > 0 && box.right < Svg.WIDTH, name + ": " + box);
                for (Box other : boxes) {
                    assertTrue(!box.overlaps(other), name + ": " + box + " overlaps " + other);
                }
                boxes.add(box);
            }
        });
    }

    @Test
    void allShapesAreOnThePage() {
        PAGES.forEach((name, page) -> {
            final double height = Double.parseDouble(page.getDocumentElement().getAttribute("height"));
            for (Element dot : elements(page, "circle")) {
                final double x = Double.parseDouble(dot.getAttribute("cx"));
                final double y = Double.parseDouble(dot.getAttribute("cy"));
                assertTrue(x > 0 && x < Svg.WIDTH && y >= Svg.TOP && y < height, name + ": " + x + " " + y);
            }
            for (Element bar : elements(page, "rect")) {
                final double right =
                        Double.parseDouble(bar.getAttribute("x")) + Double.parseDouble(bar.getAttribute("width"));
                assertTrue(right < Svg.WIDTH, name + ": " + right);
            }
        });
    }

    @Test
    void scalingHasALineForEachSystemAndTheFloor() {
        final Document page = PAGES.get("threads");
        assertEquals(4, elements(page, "polyline").size());
        assertEquals(4 * Plan.threads(6).size(), elements(page, "circle").size());
    }

    @Test
    void percentilesHaveALineForEachSystemAndItsEmptyLoop() {
        for (String name : new String[] {"call", "response"}) {
            assertEquals(4, elements(PAGES.get(name), "polyline").size());
        }
    }

    @Test
    void eachNineHasTheSameWidth() {
        final List<Element> dots = elements(PAGES.get("call"), "circle");
        final double[] x = new double[4];
        for (int i = 0; i < x.length; i++) {
            x[i] = Double.parseDouble(dots.get(i + 1).getAttribute("cx")); // p90, p99, p99.9, p99.99
        }
        assertEquals(x[1] - x[0], x[2] - x[1], 0.2);
        assertEquals(x[2] - x[1], x[3] - x[2], 0.2);
    }
}
