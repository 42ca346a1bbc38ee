//! A server of the Remote Execution API in memory, for tests and chores: it does what a cache should do, or, on request,
//! what one should not.

mod fault;
mod service;
mod shelf;

use std::net::SocketAddr;
use std::sync::Arc;

use bazel_remote_apis::build::bazel::remote::execution::v2 as api;
use bazel_remote_apis::google::bytestream::byte_stream_server::ByteStreamServer;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_stream::wrappers::TcpListenerStream;

use api::action_cache_server::ActionCacheServer;
use api::capabilities_server::CapabilitiesServer;
use api::content_addressable_storage_server::ContentAddressableStorageServer;

pub use fault::Fault;

use service::Service;
use shelf::Shelf;

/// A server that listens on this machine until it is dropped.
#[derive(Debug)]
pub struct FakeRemote {
    address: SocketAddr,
    shelf: Arc<Shelf>,
    /// Its threads end with it.
    _runtime: Runtime,
}

/// What a server holds, and what it was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The number of results of actions.
    pub results: usize,
    /// The number of contents.
    pub contents: usize,
    /// The number of requests so far.
    pub requests: usize,
}

impl FakeRemote {
    /// Starts a server.
    ///
    /// # Errors
    /// If it can't listen.
    pub fn start() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let shelf = Arc::new(Shelf::default());
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
        let address = listener.local_addr()?;
        let service = Arc::new(Service(shelf.clone()));
        let router = tonic::transport::Server::builder()
            .add_service(CapabilitiesServer::from_arc(service.clone()))
            .add_service(ActionCacheServer::from_arc(service.clone()))
            .add_service(ContentAddressableStorageServer::from_arc(service.clone()))
            .add_service(ByteStreamServer::from_arc(service));
        // If it ends, its clients find nobody, which is what they are tested for.
        runtime.spawn(router.serve_with_incoming(TcpListenerStream::new(listener)));
        Ok(Self { address, shelf, _runtime: runtime })
    }

    /// Returns the address for clients of this machine.
    pub fn url(&self) -> String {
        format!("grpc://{}", self.address)
    }

    /// Goes wrong from now on.
    pub fn set(&self, fault: Fault) {
        self.shelf.set(fault);
    }

    /// Asks for this header (name and value) from now on.
    pub fn demand(&self, name: &'static str, value: &str) {
        self.shelf.demand(name, value);
    }

    /// Counts what it holds, and what it was asked.
    pub fn counts(&self) -> Counts {
        self.shelf.counts()
    }

    /// Removes all contents, but no result.
    pub fn lose_contents(&self) {
        self.shelf.lose_contents();
    }
}
