//! How lists grow that take a good part of a large build's memory.

/// Adds to a list, with room for an eighth more where there is none. `Vec` makes room for as much again, which most
/// builds never use.
pub(crate) fn push<T>(list: &mut Vec<T>, item: T) {
    if list.len() == list.capacity() {
        list.reserve_exact(list.len() / 8 + 8);
    }
    list.push(item);
}
