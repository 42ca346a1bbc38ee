//! Calls that make the C library itself look at files, or that ask something other than the file system: an entry names
//! what was asked for, or says that it can't be seen.

use std::ffi::{CStr, c_char, c_int, c_long, c_uint, c_void};

use crate::journal::{self, Entry, unseen};
use crate::looks::{THERE, look};
use crate::starts::will_load;
use crate::sys::{self, AT_FDCWD, number};

type Path = *const c_char;
type Any = *mut c_void;

fn cannot_see(what: &str) {
    if journal::active() {
        unseen(what);
    }
}

/// Writes an entry for an environment variable that was asked for.
unsafe fn asked(name: Path) {
    if journal::active() && !name.is_null() {
        // SAFETY: the name is a C string.
        journal::write(Entry::Variable, 0, &[unsafe { CStr::from_ptr(name) }.to_bytes()]);
    }
}

/// Writes an entry for an environment variable that Python was asked for: it has a copy of the environment. Without a
/// name, for all variables.
///
/// # Safety
/// `name` must be null or a C string.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn ambidex_trace_variable(name: Path) {
    if name.is_null() {
        cannot_see("all environment variables");
    }
    // SAFETY: the caller guarantees a C string or null.
    unsafe { asked(name) };
}

/// Writes entries for a lookup of users or groups: it reads files, or whatever else the configuration names
/// (nsswitch.conf(5)).
fn looking_up_users() {
    if journal::active() {
        will_load();
        for path in [c"/etc/nsswitch.conf", c"/etc/passwd", c"/etc/group"] {
            // SAFETY: the path is alive.
            unsafe { look(AT_FDCWD, path.as_ptr(), THERE) };
        }
    }
}

/// All categories (locale.h).
const ALL: c_int = 6;

/// Writes an entry for the chosen locale: the C library reads its files, and those of conversions.
unsafe fn chose(category: c_int, name: Path) {
    if journal::active() && !name.is_null() {
        will_load();
        // SAFETY: the name is a C string.
        let name = unsafe { CStr::from_ptr(name) }.to_bytes();
        journal::write(Entry::Locale, 0, &[&[b'0' + category as u8], b"\0", name]);
    }
}

/// Writes an entry for a catalog of messages and the directory in which it is searched for.
unsafe fn named(domain: Path, folder: Path) {
    if journal::active() && !domain.is_null() && !folder.is_null() {
        // SAFETY: both are C strings.
        let (domain, folder) = unsafe { (CStr::from_ptr(domain), CStr::from_ptr(folder)) };
        journal::write(Entry::Catalog, 0, &[domain.to_bytes(), b"\0", folder.to_bytes()]);
    }
}

/// Writes an entry for a question about the time.
fn clock(how: &str) {
    if journal::active() {
        journal::write(Entry::Clock, 0, &[how.as_bytes()]);
    }
}

/// Writes an entry for a question about the machine or the user.
fn machine(what: &[u8]) {
    if journal::active() {
        journal::write(Entry::Machine, 0, &[what]);
    }
}

/// Writes an entry for a system call that the C library passes on without looking at it. The harmless ones look at no
/// file, change none, and start nothing.
fn calling(number: c_long) {
    const HARMLESS: [usize; 7] = [
        number::FUTEX,
        number::GETTID,
        number::GETPID,
        number::GETRANDOM,
        number::MEMBARRIER,
        number::SCHED_YIELD,
        number::CLOSE_RANGE,
    ];
    if journal::active() && !usize::try_from(number).is_ok_and(|number| HARMLESS.contains(&number)) {
        let _errno = sys::Errno::keep();
        unseen("a system call of its own");
    }
}

/// The arguments of `sysconf` that ask for the number of processors (unistd.h).
const PROCESSORS: [c_int; 2] = [83, 84];

hooks! {
    fn getenv(name: Path) -> *mut c_char, next { asked(name); next(name) }
    fn secure_getenv(name: Path) -> *mut c_char, next { asked(name); next(name) }

    fn glob(pattern: Path, flags: c_int, error: Any, into: Any) -> c_int, next { cannot_see("glob"); next(pattern, flags, error, into) }
    fn glob64(pattern: Path, flags: c_int, error: Any, into: Any) -> c_int, next { cannot_see("glob"); next(pattern, flags, error, into) }
    fn ftw(path: Path, each: Any, fds: c_int) -> c_int, next { cannot_see("ftw"); next(path, each, fds) }
    fn ftw64(path: Path, each: Any, fds: c_int) -> c_int, next { cannot_see("ftw"); next(path, each, fds) }
    fn nftw(path: Path, each: Any, fds: c_int, flags: c_int) -> c_int, next { cannot_see("nftw"); next(path, each, fds, flags) }
    fn nftw64(path: Path, each: Any, fds: c_int, flags: c_int) -> c_int, next { cannot_see("nftw"); next(path, each, fds, flags) }
    fn fts_open(paths: Any, options: c_int, compare: Any) -> Any, next { cannot_see("fts"); next(paths, options, compare) }
    fn fts64_open(paths: Any, options: c_int, compare: Any) -> Any, next { cannot_see("fts"); next(paths, options, compare) }
    fn wordexp(words: Path, into: Any, flags: c_int) -> c_int, next { cannot_see("wordexp"); next(words, into, flags) }
    fn dlmopen(space: c_long, path: Path, mode: c_int) -> Any, next { cannot_see("dlmopen"); next(space, path, mode) }
    fn name_to_handle_at(dir: c_int, path: Path, handle: Any, mount: Any, flags: c_int) -> c_int, next {
        cannot_see("a handle of a file");
        next(dir, path, handle, mount, flags)
    }
    fn inotify_add_watch(fd: c_int, path: Path, mask: c_uint) -> c_int, next { cannot_see("a watch on a file"); next(fd, path, mask) }

    fn connect(fd: c_int, address: Any, length: c_uint) -> c_int, next { cannot_see("what another process answers"); next(fd, address, length) }
    fn shm_open(name: Path, flags: c_int, mode: c_uint) -> c_int, next { cannot_see("shared memory"); next(name, flags, mode) }
    fn mq_open(name: Path, flags: c_int, mode: c_uint, attributes: Any) -> c_int, next { cannot_see("a message queue"); next(name, flags, mode, attributes) }
    fn shmget(key: c_int, size: usize, flags: c_int) -> c_int, next { cannot_see("shared memory"); next(key, size, flags) }
    fn msgget(key: c_int, flags: c_int) -> c_int, next { cannot_see("a message queue"); next(key, flags) }

    fn getpwnam(name: Path) -> Any, next { looking_up_users(); next(name) }
    fn getpwuid(user: c_uint) -> Any, next { looking_up_users(); next(user) }
    fn getpwnam_r(name: Path, into: Any, room: Any, size: usize, found: Any) -> c_int, next { looking_up_users(); next(name, into, room, size, found) }
    fn getpwuid_r(user: c_uint, into: Any, room: Any, size: usize, found: Any) -> c_int, next { looking_up_users(); next(user, into, room, size, found) }
    fn getgrnam(name: Path) -> Any, next { looking_up_users(); next(name) }
    fn getgrgid(group: c_uint) -> Any, next { looking_up_users(); next(group) }

    fn setlocale(category: c_int, name: Path) -> *mut c_char, next {
        let chosen = next(category, name);
        if !name.is_null() { chose(category, chosen) }
        chosen
    }
    fn newlocale(mask: c_int, name: Path, base: Any) -> Any, next { chose(ALL, name); next(mask, name, base) }
    fn bindtextdomain(domain: Path, folder: Path) -> *mut c_char, next { named(domain, folder); next(domain, folder) }

    fn time(into: Any) -> isize, next { clock("time"); next(into) }
    fn gettimeofday(into: Any, zone: Any) -> c_int, next { clock("gettimeofday"); next(into, zone) }
    fn clock_gettime(clock_number: c_int, into: Any) -> c_int, next {
        if clock_number == 0 { clock("clock_gettime") }
        next(clock_number, into)
    }

    fn localtime(when: Any) -> Any, next { clock("localtime"); next(when) }
    fn localtime_r(when: Any, into: Any) -> Any, next { clock("localtime"); next(when, into) }
    fn ctime(when: Any) -> Any, next { clock("localtime"); next(when) }

    fn uname(into: Any) -> c_int, next { machine(b"k"); next(into) }
    fn gethostname(into: *mut c_char, size: usize) -> c_int, next { machine(b"k"); next(into, size) }
    fn getuid() -> c_int, next { machine(b"u"); next() }
    fn geteuid() -> c_int, next { machine(b"u"); next() }
    fn getgid() -> c_int, next { machine(b"u"); next() }
    fn getegid() -> c_int, next { machine(b"u"); next() }
    fn getgroups(size: c_int, into: Any) -> c_int, next { machine(b"u"); next(size, into) }
    fn getlogin() -> *mut c_char, next { machine(b"who has logged in"); next() }
    fn sched_getaffinity(process: c_int, size: usize, into: Any) -> c_int, next { machine(b"n"); next(process, size, into) }
    fn get_nprocs() -> c_int, next { machine(b"n"); next() }
    fn get_nprocs_conf() -> c_int, next { machine(b"n"); next() }
    fn sysconf(what: c_int) -> isize, next {
        if PROCESSORS.contains(&what) { machine(b"n") }
        next(what)
    }
    fn sysinfo(into: Any) -> c_int, next { machine(b"how busy the machine is"); next(into) }
    fn getloadavg(into: Any, count: c_int) -> c_int, next { machine(b"how busy the machine is"); next(into, count) }
    fn statfs(path: Path, into: Any) -> c_int, next { machine(b"what a file system is like"); next(path, into) }
    fn statfs64(path: Path, into: Any) -> c_int, next { machine(b"what a file system is like"); next(path, into) }
    fn statvfs(path: Path, into: Any) -> c_int, next { machine(b"what a file system is like"); next(path, into) }
    fn statvfs64(path: Path, into: Any) -> c_int, next { machine(b"what a file system is like"); next(path, into) }

    fn iconv_open(to: Path, from: Path) -> Any, next {
        if journal::active() { will_load() }
        next(to, from)
    }

    fn syscall(call: c_long, a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> isize, next {
        calling(call);
        next(call, a, b, c, d, e, f)
    }
}
