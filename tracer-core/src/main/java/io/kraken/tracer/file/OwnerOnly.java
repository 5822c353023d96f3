package io.kraken.tracer.file;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Permissions of files and directories that only their owner may access, on file systems that support them; spans may
 * contain secrets.
 */
public final class OwnerOnly {

    private OwnerOnly() {}

    public static FileAttribute<?>[] file() {
        return permissions("rw-------");
    }

    public static FileAttribute<?>[] directory() {
        return permissions("rwx------");
    }

    private static FileAttribute<?>[] permissions(String permissions) {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }

    /**
     * Creates a directory if needed.
     *
     * @param links whether the directory may be a symbolic link
     * @throws IOException if it is not writable, or belongs to another user, who could replace its contents
     */
    public static Path makeDirectory(Path directory, LinkOption... links) throws IOException {
        if (!Files.isDirectory(directory, links)) {
            Files.createDirectories(directory, directory());
        }
        final Path probe = Files.createTempFile(directory, ".owner", ".probe", file());
        try {
            if (!Files.getOwner(probe).equals(Files.getOwner(directory, links))) {
                throw new IOException(directory + " belongs to another user");
            }
        } finally {
            Files.delete(probe);
        }
        return directory;
    }
}
