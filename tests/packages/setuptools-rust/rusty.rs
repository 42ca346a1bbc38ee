//! A function that C could call.

#[unsafe(no_mangle)]
pub extern "C" fn rusty() -> i32 {
    7
}
