#include "walls/walls.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <initializer_list>
#include <linux/landlock.h>
#include <memory>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace facenet {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif

void set_limit(__rlimit_resource resource, std::int64_t most) {
  const auto value = static_cast<rlim_t>(most);
  rlimit limit{};
  ::getrlimit(resource, &limit);
  limit.rlim_max = std::min(limit.rlim_max, value);
  limit.rlim_cur = std::min(limit.rlim_cur, limit.rlim_max);
  ::setrlimit(resource, &limit);
}

/// Codecs, colour profiles and ImageMagick's settings, which are loaded when they are needed.
constexpr const char* kReadable[] = {
    "/usr", "/lib", "/lib64", "/etc/ImageMagick-6", "/etc/ImageMagick-7", "/etc/ld.so.cache"};

void allow_reading(int rules, const char* path) {
  const int place = ::open(path, O_PATH | O_CLOEXEC);
  if (place < 0) return;
  landlock_path_beneath_attr rule{};
  rule.parent_fd = place;
  rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
  // A folder's rule may name what only folders have.
  rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
  if (::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
    rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
    ::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  }
  ::close(place);
}

/// Kernels before 5.13 do not have it, and some are configured without.
void shut_folders() {
  landlock_ruleset_attr handled{};
  handled.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
  const long rules = ::syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
  if (rules < 0) return;
  for (const char* path : kReadable) allow_reading(static_cast<int>(rules), path);
  ::syscall(SYS_landlock_restrict_self, rules, 0);
  ::close(static_cast<int>(rules));
}

struct FilterRelease {
  void operator()(void* filter) const { seccomp_release(filter); }
};

/// What works on what the process holds already, and on its own memory and threads.
constexpr int kHarmless[] = {
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(write),
    SCMP_SYS(writev), SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(dup),
    SCMP_SYS(fcntl), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(recvmsg), SCMP_SYS(sendmsg),
    SCMP_SYS(pipe2), SCMP_SYS(eventfd2), SCMP_SYS(fadvise64),
    // Names say little; what is behind them needs openat().
    SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
    SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(mmap),
    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(brk),
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall), SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(getppid),
    SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler),
    SCMP_SYS(getcpu), SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(times),
    SCMP_SYS(getrusage), SCMP_SYS(getrlimit), SCMP_SYS(sysinfo), SCMP_SYS(uname), SCMP_SYS(exit),
    SCMP_SYS(exit_group)};

/// How the calls that may only be made in one way may be made.
int allow_some_calls(scmp_filter_ctx filter) {
  constexpr std::uint64_t kWriting = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND;
  int status = 0;
  const auto allow = [&](int call, std::initializer_list<scmp_arg_cmp> arguments) {
    status |= seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call,
                                     static_cast<unsigned>(arguments.size()), arguments.begin());
  };
  allow(SCMP_SYS(open),
        {{.arg = 1, .op = SCMP_CMP_MASKED_EQ, .datum_a = kWriting, .datum_b = O_RDONLY}});
  allow(SCMP_SYS(openat),
        {{.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = kWriting, .datum_b = O_RDONLY}});
  // Threads, not processes.
  allow(SCMP_SYS(clone),
        {{.arg = 0, .op = SCMP_CMP_MASKED_EQ, .datum_a = CLONE_THREAD, .datum_b = CLONE_THREAD}});
  // To ask for its limits, not to set those of anybody.
  allow(SCMP_SYS(prlimit64), {{.arg = 2, .op = SCMP_CMP_EQ, .datum_a = 0, .datum_b = 0}});
  // abort()
  const auto self = static_cast<std::uint64_t>(::getpid());
  allow(SCMP_SYS(tgkill), {{.arg = 0, .op = SCMP_CMP_EQ, .datum_a = self, .datum_b = 0}});
  allow(SCMP_SYS(prctl), {{.arg = 0, .op = SCMP_CMP_EQ, .datum_a = PR_SET_NAME, .datum_b = 0}});
  // Its flags are in memory, where a filter cannot see them: glibc takes clone() then.
  status |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  return status;
}

bool filter_system_calls() {
  const std::unique_ptr<void, FilterRelease> filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (!filter) return false;
  int status = 0;
  for (const int call : kHarmless)
    status |= seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0);
  status |= allow_some_calls(filter.get());
  return status == 0 && seccomp_load(filter.get()) == 0;
}

}  // namespace

bool raise_walls(std::int64_t most_memory) {
  set_limit(RLIMIT_CORE, 0);  // memory that holds faces
  set_limit(RLIMIT_FSIZE, 0);
  if (kIsSanitized) return true;
  set_limit(RLIMIT_AS, most_memory);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  shut_folders();
  return filter_system_calls();
}

}  // namespace facenet
