package com.langfuse.sdk.export;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** Files that only their owner may read, where the file system knows owners. */
final class PrivateFiles {

  private PrivateFiles() {}

  static void create(Path file) throws IOException {
    Files.createFile(file, forOwner("rw-------"));
  }

  static void createIfAbsent(Path file) throws IOException {
    try {
      if (!Files.exists(file)) {
        create(file);
      }
    } catch (FileAlreadyExistsException e) {
      // Another process was faster.
    }
  }

  static void createFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      Files.createDirectories(folder, forOwner("rwx------"));
    }
  }

  /** Takes the permissions of all others from a file that is there already. */
  static void restrict(Path file) throws IOException {
    if (isPosix()) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }
  }

  private static boolean isPosix() {
    return FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
  }

  private static FileAttribute<?>[] forOwner(String permissions) {
    return isPosix()
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }
}
