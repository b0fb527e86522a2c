/* A disk that loses what was not synced: keeps copies of what would be on it.
 *
 *     gcc -shared -fPIC -o lost_writes.so lost_writes.c -ldl
 *     FACENET_DISK=FOLDER FACENET_DISK_OF=LIBRARY LD_PRELOAD=./lost_writes.so facenet people name 1 Ann
 *
 * After each fsync() or fdatasync() of a file in the folder LIBRARY, that file as it is now goes to FOLDER/now; the
 * others there stay as they were when they were synced last. All of FOLDER/now is then copied to a new folder FOLDER/N,
 * from 1 on: what a power cut would leave after the Nth sync. A file that was removed is gone once LIBRARY is synced. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static void fail(const char* what) {
  perror(what);
  abort();
}

static void copy(const char* from, const char* to) {
  const int in = open(from, O_RDONLY);
  if (in < 0) fail(from);
  const int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (out < 0) fail(to);
  while (1) {
    const ssize_t sent = sendfile(out, in, NULL, 1 << 30);
    if (sent < 0) fail(to);
    if (sent == 0) break;
  }
  close(in);
  close(out);
}

/* A new folder with all that is on the disk. */
static void keep_copy(const char* disk, const char* now) {
  char folder[PATH_MAX], from[2 * PATH_MAX], to[2 * PATH_MAX];
  for (int number = 1;; number++) {
    snprintf(folder, sizeof folder, "%s/%d", disk, number);
    if (mkdir(folder, 0700) == 0) break;
    if (errno != EEXIST) fail(folder);
  }
  DIR* files = opendir(now);
  if (files == NULL) fail(now);
  for (const struct dirent* file; (file = readdir(files)) != NULL;) {
    if (file->d_name[0] == '.') continue;
    snprintf(from, sizeof from, "%s/%s", now, file->d_name);
    snprintf(to, sizeof to, "%s/%s", folder, file->d_name);
    copy(from, to);
  }
  closedir(files);
}

/* Takes from the disk what is no longer in the library. */
static void remove_what_is_gone(const char* library, const char* now) {
  char there[2 * PATH_MAX], kept[2 * PATH_MAX];
  DIR* files = opendir(now);
  if (files == NULL) return;
  for (const struct dirent* file; (file = readdir(files)) != NULL;) {
    if (file->d_name[0] == '.') continue;
    snprintf(there, sizeof there, "%s/%s", library, file->d_name);
    snprintf(kept, sizeof kept, "%s/%s", now, file->d_name);
    if (access(there, F_OK) != 0) unlink(kept);
  }
  closedir(files);
}

static void note_sync(int file) {
  const char* disk = getenv("FACENET_DISK");
  const char* library = getenv("FACENET_DISK_OF");
  char link[64], path[PATH_MAX], now[PATH_MAX], to[2 * PATH_MAX];
  if (disk == NULL || library == NULL) return;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return;
  path[length] = '\0';
  const size_t folder = strlen(library);
  const int is_folder = strcmp(path, library) == 0;
  struct stat status;
  if (!is_folder) {
    if (strncmp(path, library, folder) != 0 || path[folder] != '/' || strchr(path + folder + 1, '/') != NULL) return;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode)) return;
  }
  pthread_mutex_lock(&one_at_a_time);
  snprintf(now, sizeof now, "%s/now", disk);
  mkdir(now, 0700);
  if (is_folder) {
    remove_what_is_gone(library, now);
  } else {
    snprintf(to, sizeof to, "%s/%s", now, path + folder + 1);
    copy(path, to);
  }
  keep_copy(disk, now);
  pthread_mutex_unlock(&one_at_a_time);
}

#define SYNC(name)                                        \
  int name(int file) {                                    \
    static int (*next)(int);                              \
    if (next == NULL) next = dlsym(RTLD_NEXT, #name);     \
    const int result = next(file);                        \
    const int error = errno;                              \
    if (result == 0) note_sync(file);                     \
    errno = error;                                        \
    return result;                                        \
  }
SYNC(fsync)
SYNC(fdatasync)
