//! Makes the object that a compiler would have written in another folder.
//!
//! An object compiled with `-g` names the folder in which it was compiled, in strings of its debug information. So two
//! folders give two objects, although nothing else differs. [`canonical()`] puts placeholders in the place of the folders
//! of *roles*, and [`make`] puts other folders in the place of the placeholders: strings are replaced, what refers to
//! them is moved, and the sections are laid out again. The canonical forms of both objects are the same bytes, and what
//! is made for a folder is byte for byte what the compiler writes there. Where that is not certain, the object stays
//! [`Bound`].
//!
//! # What the caller must know
//!
//! An object tells only what is in it. The caller answers for these:
//!
//! - Roles name every folder that differs between the places, in the spelling that the compiler saw (GCC and Clang take
//!   the working folder from `PWD` if that is right, so it may be a symbolic link).
//! - A source that uses its own absolute path (`__FILE__` and the like, if the path on the command line is absolute)
//!   can compute with it, and leave a length or a hash of it in the object. No source does so here.
//! - GCC replaces the path of a system header (`-isystem`) by its resolved path if that is shorter, so such a folder of
//!   a role must not lead through symbolic links or `..`.
//! - No path that Clang was given, or found, has an empty part (`-I/usr//include`): it may drop the second slash.
//! - No option puts a role's path behind another path (`-I=/src` with `--sysroot`).

mod bound;
mod bytes;
mod canonical;
mod clang;
mod elf;
mod gnu;
mod line;
mod object;
mod references;
mod respelled;
mod rewrite;
mod roles;
mod search;
mod texts;
mod unit;

pub use bound::Bound;
pub use roles::Role;

use object::Object;
use roles::{Moves, Roles, placeholder};

/// Returns the canonical form of an object, the same for all places. Returns nothing if the object holds no path of a
/// role: it is the same everywhere as it is.
///
/// # Errors
/// If it isn't certain what the object would be in another place.
pub fn canonical(object: &[u8], roles: &[Role<'_>]) -> Result<Option<Vec<u8>>, Bound> {
    let roles = Roles::new(roles)?;
    let parsed = Object::read(object)?;
    let used = parsed.used(&roles)?;
    if !used.contains(&true) {
        return Ok(None);
    }
    let needed = roles.needed(&used);
    if needed.iter().any(|role| memchr::memmem::find(object, &placeholder(&role.name)).is_some()) {
        return Err(Bound::Roles("the object holds a placeholder already"));
    }
    let moves = Moves::new(&needed, &roles)?;
    let moved = parsed.moved(&moves)?;
    // What can't be taken back was not understood.
    if Object::read(&moved)?.moved(&moves.back())? != object {
        return Err(Bound::Layout);
    }
    Ok(Some(canonical::write(&needed, &moved)))
}

/// Makes the object of a place from its canonical form.
///
/// # Errors
/// If the form is damaged, a role is missing, or it isn't certain what the object is in this place.
pub fn make(form: &[u8], roles: &[Role<'_>]) -> Result<Vec<u8>, Bound> {
    let (needed, object) = canonical::read(form)?;
    let moves = Moves::new(&needed, &Roles::new(roles)?)?.back();
    let made = Object::read(object)?.moved(&moves)?;
    // The roles may own other paths here than there.
    match canonical(&made, roles)? {
        Some(again) if again == form => Ok(made),
        _ => Err(Bound::Nesting("a path belongs to another role".to_owned())),
    }
}
