/* Makes the Nth call of one kind fail, and with FACENET_FAIL_ON=1 all after it:
 *
 *     gcc -shared -fPIC -o failing_calls.so failing_calls.c -ldl
 *     FACENET_FAIL=fsync:3 LD_PRELOAD=./failing_calls.so facenet cluster ...
 *
 * Kinds: write, sync, rename, open (for writing), truncate, memory, map. A disk is full for the first,
 * broken for the others; of memory there is none. FACENET_FAIL_COUNT names a file that the number of
 * calls is written to at the end. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;
static long fails_at = -1;
static int goes_on;
static char kind[16];

__attribute__((constructor)) static void read_settings(void) {
  const char* setting = getenv("FACENET_FAIL");
  if (setting != NULL) sscanf(setting, "%15[a-z]:%ld", kind, &fails_at);
  goes_on = getenv("FACENET_FAIL_ON") != NULL;
}

static int must_fail(const char* this_kind) {
  if (strcmp(kind, this_kind) != 0) return 0;
  const long call = atomic_fetch_add(&calls, 1) + 1;
  return fails_at > 0 && (call == fails_at || (goes_on && call > fails_at));
}

/* The program leaves by _exit(), which runs no destructors. */
void _exit(int status) {
  static void (*next)(int);
  const char* file = getenv("FACENET_FAIL_COUNT");
  if (file != NULL) {
    char text[32];
    const int length = snprintf(text, sizeof text, "%ld\n", atomic_load(&calls));
    static int (*open_file)(const char*, int, ...);
    static ssize_t (*write_text)(int, const void*, size_t);
    open_file = dlsym(RTLD_NEXT, "open");
    write_text = dlsym(RTLD_NEXT, "write");
    const int out = open_file(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (out >= 0 && write_text(out, text, (size_t)length) < 0) abort();
  }
  next = dlsym(RTLD_NEXT, "_exit");
  next(status);
  abort();
}
void _Exit(int status) { _exit(status); }

#define FORWARD(type, name, kind, error, failed, parameters, arguments) \
  type name parameters {                                                \
    static type(*next) parameters;                                      \
    if (next == NULL) next = dlsym(RTLD_NEXT, #name);                   \
    if (must_fail(kind)) {                                              \
      errno = error;                                                    \
      return failed;                                                    \
    }                                                                   \
    return next arguments;                                              \
  }

FORWARD(ssize_t, write, "write", ENOSPC, -1, (int file, const void* data, size_t size), (file, data, size))
FORWARD(ssize_t, pwrite64, "write", ENOSPC, -1, (int file, const void* data, size_t size, off64_t at), (file, data, size, at))
FORWARD(ssize_t, pwrite, "write", ENOSPC, -1, (int file, const void* data, size_t size, off_t at), (file, data, size, at))
FORWARD(int, fsync, "sync", EIO, -1, (int file), (file))
FORWARD(int, fdatasync, "sync", EIO, -1, (int file), (file))
FORWARD(int, rename, "rename", EIO, -1, (const char* from, const char* to), (from, to))
FORWARD(int, renameat2, "rename", EIO, -1, (int a, const char* from, int b, const char* to, unsigned flags), (a, from, b, to, flags))
FORWARD(int, unlink, "rename", EIO, -1, (const char* path), (path))
FORWARD(int, ftruncate, "truncate", EIO, -1, (int file, off_t size), (file, size))
FORWARD(int, ftruncate64, "truncate", EIO, -1, (int file, off64_t size), (file, size))
FORWARD(void*, mmap64, "map", ENOMEM, MAP_FAILED, (void* at, size_t size, int access, int flags, int file, off64_t from), (at, size, access, flags, file, from))
FORWARD(void*, mmap, "map", ENOMEM, MAP_FAILED, (void* at, size_t size, int access, int flags, int file, off_t from), (at, size, access, flags, file, from))

static int is_for_writing(int flags) { return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0; }

#define FORWARD_OPEN(name)                                                   \
  int name(const char* path, int flags, ...) {                               \
    static int (*next)(const char*, int, ...);                               \
    if (next == NULL) next = dlsym(RTLD_NEXT, #name);                        \
    va_list more;                                                            \
    va_start(more, flags);                                                   \
    const mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0; \
    va_end(more);                                                            \
    if (is_for_writing(flags) && must_fail("open")) {                        \
      errno = EMFILE;                                                        \
      return -1;                                                             \
    }                                                                        \
    return next(path, flags, mode);                                          \
  }
FORWARD_OPEN(open)
FORWARD_OPEN(open64)

/* malloc() is called before dlsym() can be. */
extern void* __libc_malloc(size_t size);
void* malloc(size_t size) {
  if (fails_at >= 0 && must_fail("memory")) {
    errno = ENOMEM;
    return NULL;
  }
  return __libc_malloc(size);
}
