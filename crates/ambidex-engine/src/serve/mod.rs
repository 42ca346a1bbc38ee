//! The engine's server: captured processes, their sessions, and the pool of workers that they share.

mod calls;
mod frames;
pub(crate) mod pool;
pub(crate) mod progress;
pub(crate) mod server;
mod session;
mod sight;
mod slots;
mod table;
mod trees;
mod turns;
mod witness;
