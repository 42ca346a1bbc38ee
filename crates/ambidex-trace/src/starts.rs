//! How a process becomes another program, starts one, or loads a library.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

use ambidex_hook::real::Next;
use ambidex_hook::start;

use crate::environment::List;
use crate::journal::{self, Entry, flag};
use crate::looks::{EXECUTABLE, THERE, look};
use crate::paths::Place;
use crate::settings::{self, observed};
use crate::sys::{self, AT_FDCWD};

type Path = *const c_char;
type Any = *mut c_void;
type Words = *const *const c_char;

/// Writes an entry for a program that is about to be started from a path.
unsafe fn starting(dir: c_int, path: Path) {
    if journal::active() {
        let _errno = sys::Errno::keep();
        // SAFETY: the path is a C string or null, as for the hook.
        unsafe {
            look(dir, path, EXECUTABLE);
            if let Some(place) = Place::new(dir, path) {
                journal::write(Entry::Starts, flag::FOUND, &[place.bytes()]);
            }
        }
    }
}

/// Writes an entry if the arguments ask a program to generate code for this very processor, which the program itself
/// identifies: `-march=native` and similar options (GCC manual, "x86 Options").
unsafe fn told(words: Words) {
    if !journal::active() || words.is_null() {
        return;
    }
    // SAFETY: the list holds C strings and ends with a null pointer.
    unsafe {
        let mut word = words;
        while !(*word).is_null() {
            if CStr::from_ptr(*word).to_bytes().ends_with(b"=native") {
                return journal::write(Entry::Processor, 0, &[]);
            }
            word = word.add(1);
        }
    }
}

/// Writes an entry if the program could not be started.
fn not_started(failed: bool) {
    if failed && journal::active() {
        let _errno = sys::Errno::keep();
        journal::write(Entry::NotStarted, 0, &[]);
    }
}

/// Writes an entry for a look at each path where a program of this name is searched for. A name with a slash is not
/// searched for.
unsafe fn searching(name: Path) {
    if !journal::active() || name.is_null() {
        return;
    }
    let _errno = sys::Errno::keep();
    // SAFETY: the name is a C string.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    if name.contains(&b'/') {
        return;
    }
    // SAFETY: as long as the hook runs, nobody may change the environment.
    let list = unsafe { start::value(settings::environ.cast_const(), b"PATH=") }.unwrap_or(b"/bin:/usr/bin");
    for folder in list.split(|byte| *byte == b':') {
        let mut path = crate::buffer::PathBuffer::new();
        path.push(if folder.is_empty() { b"." } else { folder }).push(b"/").push(name);
        // SAFETY: the path is alive.
        unsafe { look(AT_FDCWD, path.c().as_ptr(), EXECUTABLE) };
    }
}

/// Calls a function that starts programs with the C library's own environment, so that these programs are observed.
unsafe fn with_observed_environment<R>(start: impl FnOnce() -> R) -> R {
    // SAFETY: threads that look at the environment meanwhile find two more variables.
    unsafe {
        let own = settings::environ;
        observed(own.cast_const(), |list| {
            settings::environ = list.cast_mut();
            let answer = start();
            settings::environ = own;
            answer
        })
    }
}

static HAS_LOADED: AtomicBool = AtomicBool::new(false);

/// Returns whether libraries may have been loaded since the process began.
pub(crate) fn has_loaded_more() -> bool {
    HAS_LOADED.load(Ordering::Relaxed)
}

/// Notes that libraries may be loaded from now on, by `dlopen` or by the C library itself.
pub(crate) fn will_load() {
    HAS_LOADED.store(true, Ordering::Relaxed);
}

/// Looks up the functions that may first be needed in a child of vfork, where it is too late to look them up.
pub(crate) fn prepare() {
    let _ = next!(execve: fn(Path, Words, List) -> c_int);
    let _ = next!(execvpe: fn(Path, Words, List) -> c_int);
}

fn real_dlopen() -> usize {
    static NEXT: Next = Next::new(c"dlopen");
    NEXT.address().unwrap_or(0)
}

/// Writes an entry for a library that is about to be loaded. The loader looks for what it needs, even if it then can't
/// be loaded, or is unloaded before the end.
unsafe fn loading(path: Path) {
    let _errno = sys::Errno::keep();
    // SAFETY: the path is a C string.
    if let Some(place) = unsafe { Place::new(AT_FDCWD, path) }
        && THERE.finds(place)
    {
        journal::write_of(Entry::Loaded, flag::FOUND, place);
    }
}

extern "C" fn before_dlopen(path: Path) -> usize {
    if journal::active() && !path.is_null() {
        will_load();
        // SAFETY: the path is a C string, as for `dlopen`.
        unsafe {
            if CStr::from_ptr(path).to_bytes().contains(&b'/') {
                look(AT_FDCWD, path, THERE);
                loading(path);
            } else {
                journal::unseen("the search for a library");
            }
        }
    }
    real_dlopen()
}

hook_dlopen!(before_dlopen);

/// Writes entries for the loaded libraries before the process becomes another program, if more may have been loaded.
fn leaving() {
    if journal::active() && has_loaded_more() {
        settings::loaded();
    }
}

/// Writes the last entries of a process that ends without running its exit handlers.
fn ending() {
    leaving();
    settings::has_ended();
}

/// Defines hooks of functions that take a list of words, of any length, as their own arguments, which no Rust function
/// can do. The programs that they start are not observed, and an entry says so.
macro_rules! hook_lists {
    ($($name:ident, $address:ident, $text:literal;)*) => {$(
        extern "C" fn $address() -> usize {
            static NEXT: Next = Next::new($text);
            if journal::active() {
                journal::unseen("a program started by a list of arguments");
            }
            NEXT.address().unwrap_or(0)
        }

        /// Starts a program on behalf of the caller.
        #[unsafe(no_mangle)]
        #[unsafe(naked)]
        pub(crate) unsafe extern "C" fn $name() -> c_int {
            #[cfg(target_arch = "x86_64")]
            std::arch::naked_asm!(
                "push rdi", "push rsi", "push rdx", "push rcx", "push r8", "push r9", "push rax",
                "call {before}", "mov r11, rax",
                "pop rax", "pop r9", "pop r8", "pop rcx", "pop rdx", "pop rsi", "pop rdi", "jmp r11",
                before = sym $address
            );
            #[cfg(target_arch = "aarch64")]
            std::arch::naked_asm!(
                "stp x29, x30, [sp, #-80]!", "stp x0, x1, [sp, #16]", "stp x2, x3, [sp, #32]",
                "stp x4, x5, [sp, #48]", "stp x6, x7, [sp, #64]", "bl {before}", "mov x16, x0",
                "ldp x0, x1, [sp, #16]", "ldp x2, x3, [sp, #32]", "ldp x4, x5, [sp, #48]",
                "ldp x6, x7, [sp, #64]", "ldp x29, x30, [sp], #80", "br x16",
                before = sym $address
            );
        }
    )*};
}

hook_lists! {
    execl, before_execl, c"execl";
    execlp, before_execlp, c"execlp";
    execle, before_execle, c"execle";
}

hooks! {
    fn execve(path: Path, words: Words, environment: List) -> c_int, next {
        told(words);
        starting(AT_FDCWD, path);
        leaving();
        let answer = observed(environment, |environment| next(path, words, environment));
        not_started(true);
        answer
    }
    fn execv(path: Path, words: Words) -> c_int, next {
        told(words);
        starting(AT_FDCWD, path);
        leaving();
        let answer = match next!(execve: fn(Path, Words, List) -> c_int) {
            Some(execve) => observed(settings::environ.cast_const(), |environment| execve(path, words, environment)),
            None => next(path, words),
        };
        not_started(true);
        answer
    }
    fn execvp(file: Path, words: Words) -> c_int, next {
        told(words);
        searching(file);
        starting(AT_FDCWD, file);
        leaving();
        let answer = match next!(execvpe: fn(Path, Words, List) -> c_int) {
            Some(execvpe) => observed(settings::environ.cast_const(), |environment| execvpe(file, words, environment)),
            None => next(file, words),
        };
        not_started(true);
        answer
    }
    fn execvpe(file: Path, words: Words, environment: List) -> c_int, next {
        told(words);
        searching(file);
        starting(AT_FDCWD, file);
        leaving();
        let answer = observed(environment, |environment| next(file, words, environment));
        not_started(true);
        answer
    }
    fn fexecve(fd: c_int, words: Words, environment: List) -> c_int, next {
        told(words);
        journal::write_of_open(Entry::Look, fd);
        journal::write(Entry::Starts, flag::FOUND, &[]);
        leaving();
        let answer = observed(environment, |environment| next(fd, words, environment));
        not_started(true);
        answer
    }
    fn execveat(dir: c_int, path: Path, words: Words, environment: List, flags: c_int) -> c_int, next {
        told(words);
        if path.is_null() || *path == 0 { journal::write_of_open(Entry::Look, dir) }
        starting(dir, path);
        leaving();
        let answer = observed(environment, |environment| next(dir, path, words, environment, flags));
        not_started(true);
        answer
    }
    fn posix_spawn(pid: Any, path: Path, actions: Any, attributes: Any, words: Words, environment: List) -> c_int, next {
        told(words);
        starting(AT_FDCWD, path);
        let answer = observed(environment, |environment| next(pid, path, actions, attributes, words, environment));
        not_started(answer != 0);
        answer
    }
    fn posix_spawnp(pid: Any, file: Path, actions: Any, attributes: Any, words: Words, environment: List) -> c_int, next {
        told(words);
        searching(file);
        starting(AT_FDCWD, file);
        let answer = observed(environment, |environment| next(pid, file, actions, attributes, words, environment));
        not_started(answer != 0);
        answer
    }
    fn system(command: Path) -> c_int, next {
        if !command.is_null() { starting(AT_FDCWD, c"/bin/sh".as_ptr()) }
        with_observed_environment(|| next(command))
    }
    fn popen(command: Path, mode: Path) -> Any, next {
        starting(AT_FDCWD, c"/bin/sh".as_ptr());
        with_observed_environment(|| next(command, mode))
    }
    fn posix_spawn_file_actions_addopen(actions: Any, fd: c_int, path: Path, flags: c_int, mode: c_uint) -> c_int, next {
        crate::looks::opening(AT_FDCWD, path, flags);
        next(actions, fd, path, flags, mode)
    }
    fn _exit(status: c_int) -> (), next { ending(); next(status) }
    fn _Exit(status: c_int) -> (), next { ending(); next(status) }
    fn quick_exit(status: c_int) -> (), next { ending(); next(status) }
}
