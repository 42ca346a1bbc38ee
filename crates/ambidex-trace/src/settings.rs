//! The work of the library when it is loaded: it finds out where entries go and what new programs need in their
//! environment, and hides all of this from the program's own environment.

use std::ffi::{CStr, c_char, c_int, c_void};

use ambidex_hook::start::{self, Once};

use crate::buffer::{Buffer, PathBuffer};
use crate::environment::{How, List, Wanted, with};
use crate::journal::{self, Entry, flag};
use crate::{starts, sys};

static FILE: Once<Buffer<256>> = Once::new(Buffer::new());
static LIBRARY: Once<PathBuffer> = Once::new(Buffer::new());
/// The program's own `LD_PRELOAD`, if it names anything else.
static PRELOAD: Once<PathBuffer> = Once::new(Buffer::new());

const TRACE: &[u8] = b"AMBIDEX_TRACE=";
const LIST: &[u8] = b"LD_PRELOAD=";

unsafe extern "C" {
    pub(crate) static mut environ: *mut *const c_char;
    fn dl_iterate_phdr(
        see: extern "C" fn(*const Object, usize, *mut c_void) -> c_int,
        data: *mut c_void,
    ) -> c_int;
}

/// The beginning of the structure in which `dl_iterate_phdr` describes a loaded object.
#[repr(C)]
struct Object {
    address: usize,
    name: *const c_char,
}

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = constructor;

#[used]
#[unsafe(link_section = ".fini_array")]
static DESTRUCTOR: extern "C" fn() = ended;

extern "C" fn constructor() {
    let _errno = sys::Errno::keep();
    // SAFETY: this is the only writer, and nothing reads before the trace is open.
    let opened = unsafe {
        let Some(file) = take(TRACE, None) else { return };
        let place = &mut *FILE.0.get();
        place.push(file);
        let library = &mut *LIBRARY.0.get();
        start::find_library(&CONSTRUCTOR, library);
        take(LIST, Some((library.bytes(), &mut *PRELOAD.0.get())));
        place.whole() && library.whole() && library.bytes().starts_with(b"/") && journal::open(place.c())
    };
    if opened {
        starts::prepare();
        began();
        loaded();
    }
}

/// Begins to observe a process that was copied from one that is not observed. `trace` is the path of the file for
/// entries, `outputs` the list of `renaming.rs`. Returns whether it is observed now.
///
/// # Safety
/// The process has one thread; `trace` is a C string, and the list lives as long as the process.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn ambidex_trace_begin(
    trace: *const c_char,
    outputs: *const u8,
    length: usize,
) -> c_int {
    let _errno = sys::Errno::keep();
    // SAFETY: the caller guarantees all of this.
    let began = unsafe {
        start::find_library(&CONSTRUCTOR, &mut *LIBRARY.0.get());
        crate::renaming::begin(std::slice::from_raw_parts(outputs, length))
            && journal::open(CStr::from_ptr(trace))
    };
    if began {
        self::began();
        loaded();
    }
    c_int::from(began)
}

/// Ends the observation of such a process, which ends without the usual functions.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn ambidex_trace_end() {
    ended();
}

/// Takes a variable out of the environment and returns its value. With `without`, the value is a list from which one
/// entry is removed, and the rest stays in the environment.
///
/// # Safety
/// Nobody else may use the environment.
unsafe fn take(name: &[u8], without: Option<(&[u8], &'static mut PathBuffer)>) -> Option<&'static [u8]> {
    // SAFETY: the environment is a list of C strings that ends with a null pointer.
    unsafe {
        let mut entry = environ;
        while !entry.is_null() && !(*entry).is_null() {
            let Some(value) = CStr::from_ptr(*entry).to_bytes().strip_prefix(name) else {
                entry = entry.add(1);
                continue;
            };
            if let Some((gone, rest)) = without {
                rest.push(name);
                let separator = |byte: &u8| matches!(byte, b':' | b' ');
                let others = value.split(separator).filter(|other| !other.is_empty() && *other != gone);
                for (number, other) in others.enumerate() {
                    rest.push(if number == 0 { b"" } else { b":" }).push(other);
                }
                if rest.bytes().len() > name.len() && rest.whole() {
                    *entry = rest.c().as_ptr();
                    return Some(value);
                }
            }
            while !(*entry).is_null() {
                *entry = *entry.add(1);
                entry = entry.add(1);
            }
            return Some(value);
        }
    }
    None
}

/// Writes an entry for the program that has begun.
fn began() {
    let mut program = PathBuffer::new();
    if program.fill(|room| sys::readlinkat(sys::AT_FDCWD, c"/proc/self/exe", room)).is_err() {
        return journal::unseen("a program without a path");
    }
    let mut folders = PathBuffer::new();
    // SAFETY: the environment is a list of C strings that ends with a null pointer.
    if let Some(named) = unsafe { start::value(environ.cast_const(), b"LD_LIBRARY_PATH=") }
        && !named.is_empty()
    {
        // An empty name means the working directory (ld.so(8)).
        for (number, folder) in named.split(|byte| matches!(byte, b':' | b';')).enumerate() {
            folders.push(if number == 0 { b"" } else { b":" });
            if !folder.starts_with(b"/") {
                let mut working = PathBuffer::new();
                if working.fill(sys::getcwd).is_err() {
                    return journal::unseen("a folder without a path");
                }
                folders.push(working.bytes()).push(b"/");
            }
            folders.push(folder);
        }
    }
    if !folders.whole() {
        return journal::unseen("folders of libraries that are too long");
    }
    journal::write(Entry::Began, flag::FOUND, &[program.bytes(), b"\0", folders.bytes()]);
}

/// Writes an entry for each loaded library.
pub(crate) fn loaded() {
    extern "C" fn see(object: *const Object, _: usize, _: *mut c_void) -> c_int {
        // SAFETY: the object is alive, and its name is null or a C string.
        let name = unsafe { (*object).name };
        if !name.is_null() {
            // SAFETY: as above.
            let name = unsafe { CStr::from_ptr(name) }.to_bytes();
            // SAFETY: nothing writes to it any more.
            let own = unsafe { (*LIBRARY.0.get()).bytes() };
            if name.starts_with(b"/") && name != own {
                journal::write(Entry::Loaded, flag::FOUND, &[name]);
            }
        }
        0
    }
    // SAFETY: the function accepts these arguments.
    unsafe { dl_iterate_phdr(see, std::ptr::null_mut()) };
}

extern "C" fn ended() {
    if journal::active() && starts::has_loaded_more() {
        loaded();
    }
    has_ended();
}

/// Writes an entry for the end of the process. A process without this entry has become a program that was not observed.
pub(crate) fn has_ended() {
    if journal::active() {
        journal::write(Entry::Ended, 0, &[]);
    }
}

/// Calls `start` with an environment in which a program is observed as this one is.
///
/// # Safety
/// The list must be null, or end with a null pointer.
pub(crate) unsafe fn observed<R>(list: List, start: impl FnOnce(List) -> R) -> R {
    if !journal::active() {
        return start(list);
    }
    // SAFETY: nothing writes to them any more.
    let (file, library) = unsafe { ((*FILE.0.get()).bytes(), (*LIBRARY.0.get()).bytes()) };
    let wanted = [
        Wanted { name: TRACE, value: file, how: How::Alone },
        Wanted { name: LIST, value: library, how: How::InList },
    ];
    // SAFETY: the caller guarantees the end of the list.
    unsafe { with(list, wanted, start) }
}
