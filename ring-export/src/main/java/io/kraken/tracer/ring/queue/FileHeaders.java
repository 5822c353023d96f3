package io.kraken.tracer.ring.queue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The first bytes of a queue's files. They name the classes that are made from them, and Chronicle would make any that
 * it finds there; so a file is opened only when it begins as all of ours do. Two dots are a byte that differs.
 */
final class FileHeaders {

    static final String TABLE_NAME = "metadata.cq4t";

    private static final String CYCLE = "c1000040b906686561646572b60853435153746f726582aa000000cd77726974"
            + "65506f736974696f6e8e01000000008d0200000000000000................"
            + "................................c8696e646578696e67b60c5343515349"
            + "6e646578696e67824c000000ca696e646578436f756e74a50008cc696e646578"
            + "53706163696e67a50001cb696e64657832496e6465788fa7................"
            + "c96c617374496e6465788e00000000a7................ca64617461466f72"
            + "6d6174a101";
    private static final String TABLE = "98000040b906686561646572b607535453746f72658282000000c87769726554"
            + "797065b6085769726554797065ec42494e4152595f4c49474854c86d65746164"
            + "617461b6075343514d657461824b000000c4726f6c6cb60853435153526f6c6c"
            + "822c000000c66c656e677468a6e0930400c6666f726d6174f0797979794d4d64"
            + "642d48486d6d275627c565706f6368a100c8736f757263654964a100";
    private static final String ANY = "..";
    private static final int HEX = 16;

    private static final Template CYCLE_TEMPLATE = new Template(CYCLE);
    private static final Template TABLE_TEMPLATE = new Template(TABLE);

    /** What stands in a file, and where it may be something else. */
    private static final class Template {

        final byte[] bytes;
        final boolean[] differs;

        Template(String text) {
            bytes = new byte[text.length() / 2];
            differs = new boolean[bytes.length];
            for (int i = 0; i < bytes.length; i++) {
                final String one = text.substring(2 * i, 2 * i + 2);
                differs[i] = one.equals(ANY);
                bytes[i] = differs[i] ? 0 : (byte) Integer.parseInt(one, HEX);
            }
        }
    }

    private FileHeaders() {}

    /**
     * Whether this file may be opened; false as long as whoever makes it is not done.
     *
     * @throws QueueException when it is none of ours
     */
    static boolean isCycle(Path file) throws IOException {
        return matches(file, CYCLE_TEMPLATE);
    }

    static boolean isTable(Path file) throws IOException {
        return matches(file, TABLE_TEMPLATE);
    }

    private static boolean matches(Path file, Template template) throws IOException {
        final ByteBuffer found = ByteBuffer.allocate(template.bytes.length);
        if (Files.isSymbolicLink(file)) {
            throw new QueueException(file + " is a link");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            while (found.hasRemaining() && channel.read(found) >= 0) {
                // until all is there
            }
        } catch (NoSuchFileException e) {
            return false;
        }
        // The first word is written last.
        if (found.hasRemaining()
                || found.getInt(0) != ByteBuffer.wrap(template.bytes).getInt(0)) {
            return false;
        }
        for (int i = 0; i < template.bytes.length; i++) {
            if (!template.differs[i] && found.get(i) != template.bytes[i]) {
                throw new QueueException(file + " is damaged, or of a version of Chronicle that is not known here");
            }
        }
        return true;
    }
}
