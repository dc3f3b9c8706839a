// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.libc;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;
import jnr.ffi.types.size_t;
import jnr.ffi.types.ssize_t;
import jnr.ffi.types.u_int32_t;

/**
 * The C library's functions that we call. Buffers are passed by address, so that every argument is
 * a number and jnr-ffi needs no marshalling.
 */
public interface LibC {
  /** socket(2). */
  int socket(int domain, int type, int protocol);

  /** socketpair(2). */
  int socketpair(int domain, int type, int protocol, @size_t long descriptors);

  /** bind(2). */
  int bind(int fd, @size_t long address, @u_int32_t int length);

  /** listen(2). */
  int listen(int fd, int backlog);

  /** accept4(2). */
  int accept4(int fd, @size_t long address, @size_t long length, int flags);

  /** shutdown(2). */
  int shutdown(int fd, int how);

  /** close(2). */
  int close(int fd);

  /** fchmod(2). */
  int fchmod(int fd, @u_int32_t int mode);

  /** getsockname(2). */
  int getsockname(int fd, @size_t long address, @size_t long length);

  /** getsockopt(2). */
  int getsockopt(int fd, int level, int name, @size_t long value, @size_t long length);

  /** setsockopt(2). */
  int setsockopt(int fd, int level, int name, @size_t long value, @u_int32_t int length);

  /** send(2). */
  @ssize_t
  long send(int fd, @size_t long buffer, @size_t long length, int flags);

  /** recv(2). */
  @ssize_t
  long recv(int fd, @size_t long buffer, @size_t long length, int flags);

  /** recvmsg(2). */
  @ssize_t
  long recvmsg(int fd, @size_t long header, int flags);

  /** malloc_trim(3), of glibc only. */
  int malloc_trim(@size_t long pad);

  /** Loads the C library of this process. */
  static LibC load() {
    return LibraryLoader.create(LibC.class).load("c");
  }

  /** The runtime that keeps each thread's errno. */
  static Runtime runtimeOf(LibC library) {
    return Runtime.getRuntime(library);
  }
}
