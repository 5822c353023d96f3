package io.kraken.tracer.ring.queue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;

/**
 * Tells whether a directory has to be listed again. The modification time of a directory changes when an entry appears
 * or disappears, and costs a hundredth of a listing. Its resolution is some milliseconds: while it is recent, another
 * change may get the same time, so the directory has to be listed again each time. Single-threaded.
 */
public final class DirectoryChanges {

    /** More than the resolution of the times of files, and than their clock differs from this process's. */
    private static final long RECENT_MILLIS = 2_000;

    private final Path directory;
    /** The modification time of the last listing; null when this does not exclude that there was a change since. */
    private FileTime listed;

    public DirectoryChanges(Path directory) {
        this.directory = directory;
    }

    /** True when the directory may have changed since the last call; the caller lists it then. */
    public boolean mayHaveChanged() {
        final FileTime modified;
        try {
            modified = Files.getLastModifiedTime(directory, LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            listed = null;
            return true;
        }
        if (modified.equals(listed)) {
            return false;
        }
        listed = System.currentTimeMillis() - modified.toMillis() < RECENT_MILLIS ? null : modified;
        return true;
    }

    /** The directory could not be listed. */
    public void forget() {
        listed = null;
    }
}
