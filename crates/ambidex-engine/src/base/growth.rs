//! The growth of lists that take a large part of a large build's memory.

/// Appends to a list. If the list is full, makes room for an eighth more. `Vec` would double the room, and most builds
/// would never use that.
pub(crate) fn push<T>(list: &mut Vec<T>, item: T) {
    if list.len() == list.capacity() {
        list.reserve_exact(list.len() / 8 + 8);
    }
    list.push(item);
}
