//! The requests of the Remote Execution API, each with a limit of time, and how their answers are checked.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use bazel_remote_apis::build::bazel::remote::execution::v2 as api;
use bazel_remote_apis::google::bytestream::byte_stream_client::ByteStreamClient;
use bazel_remote_apis::google::bytestream::{ReadRequest, WriteRequest};
use prost::Message;
use tokio::runtime::Runtime;
use tonic::metadata::{KeyAndValueRef, MetadataMap, MetadataValue};
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status};

use api::action_cache_client::ActionCacheClient;
use api::capabilities_client::CapabilitiesClient;
use api::content_addressable_storage_client::ContentAddressableStorageClient;

use crate::Settings;
use crate::address::Address;
use crate::entry::{self, digest_of};
use crate::trouble::Trouble;

/// How much one message holds at most, in bytes: what gRPC takes by default is 4 MiB, with everything around it.
const MESSAGE: u64 = 3 << 20;

/// The longest content that is asked for or sent, in bytes.
const LONGEST: u64 = 256 << 20;

/// The longest message that is taken, in bytes: a result with all its records.
const LONGEST_MESSAGE: usize = 64 << 20;

/// A piece of a content that is sent or received as a stream, in bytes.
const PIECE: usize = 1 << 20;

/// The only digest function that all servers have.
const SHA256: i32 = api::digest_function::Value::Sha256 as i32;

/// A connection to a server.
#[derive(Debug)]
pub(crate) struct Client {
    /// There until the end.
    runtime: Option<Runtime>,
    channel: Channel,
    address: Address,
    headers: MetadataMap,
    /// What messages must not tell.
    secrets: Vec<String>,
    abilities: Abilities,
}

/// What a server can do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Abilities {
    /// Whether it takes results from this client.
    pub takes_results: bool,
    /// What one message may hold, in bytes.
    message: u64,
    /// The longest content that it takes, in bytes.
    longest: u64,
}

impl Client {
    /// Connects to a server, and asks it what it can do.
    ///
    /// # Errors
    /// If there is no connection in time, or it is no cache that can be used.
    pub fn connect(settings: &Settings) -> Result<Self, Trouble> {
        let Settings { address, credentials, patience, .. } = settings;
        let unreachable = |error: &dyn std::error::Error| Trouble::Unreachable(error.to_string());
        let headers = credentials.headers(address, *patience)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("ambidex-remote")
            .enable_all()
            .build()
            .map_err(|error| unreachable(&error))?;
        let mut endpoint = Endpoint::from_shared(address.uri())
            .map_err(|error| unreachable(&error))?
            .connect_timeout(*patience);
        if address.encrypted {
            let tls = ClientTlsConfig::new().with_native_roots();
            endpoint = endpoint.tls_config(tls).map_err(|error| unreachable(&error))?;
        }
        let channel = {
            let _entered = runtime.enter();
            endpoint.connect_lazy()
        };
        let abilities = Abilities { takes_results: true, message: MESSAGE, longest: LONGEST };
        let mut client = Self {
            runtime: Some(runtime),
            channel,
            address: address.clone(),
            secrets: secrets(&headers),
            headers,
            abilities,
        };
        client.abilities = client.ask_abilities(*patience)?;
        Ok(client)
    }

    pub fn abilities(&self) -> Abilities {
        self.abilities
    }

    fn ask_abilities(&self, limit: Duration) -> Result<Abilities, Trouble> {
        let message = api::GetCapabilitiesRequest { instance_name: self.instance() };
        let answer = self.call(limit, message, |request| async move {
            CapabilitiesClient::new(self.channel.clone()).get_capabilities(request).await
        });
        let cache = match answer {
            Ok(capabilities) => capabilities.cache_capabilities.unwrap_or_default(),
            // An old server, or a simple one: what it can do shows later.
            Err(Trouble::Unsuited(_)) => return Ok(self.abilities),
            Err(trouble) => return Err(trouble),
        };
        if !cache.digest_functions.is_empty() && !cache.digest_functions.contains(&SHA256) {
            return Err(Trouble::Unsuited("it does not name contents by SHA-256".to_owned()));
        }
        let limited = |told: i64, own: u64| match u64::try_from(told) {
            // Zero stands for no limit.
            Ok(told) if told > 0 => told.min(own),
            _ => own,
        };
        Ok(Abilities {
            takes_results: cache.action_cache_update_capabilities.is_none_or(|update| update.update_enabled),
            message: limited(cache.max_batch_total_size_bytes, MESSAGE),
            longest: limited(cache.max_cas_blob_size_bytes, LONGEST),
        })
    }

    /// Returns the result of an action; none if the server has none.
    pub fn result(
        &self,
        limit: Duration,
        action: &api::Digest,
    ) -> Result<Option<api::ActionResult>, Trouble> {
        let message = api::GetActionResultRequest {
            instance_name: self.instance(),
            action_digest: Some(action.clone()),
            inline_output_files: entry::to_inline(),
            digest_function: SHA256,
            ..Default::default()
        };
        self.found(limit, message, |request| async move { self.results().get_action_result(request).await })
    }

    /// Replaces the result of an action.
    pub fn update(
        &self,
        limit: Duration,
        action: &api::Digest,
        result: &api::ActionResult,
    ) -> Result<(), Trouble> {
        let message = api::UpdateActionResultRequest {
            instance_name: self.instance(),
            action_digest: Some(action.clone()),
            action_result: Some(result.clone()),
            digest_function: SHA256,
            ..Default::default()
        };
        let updated =
            self.call(
                limit,
                message,
                |request| async move { self.results().update_action_result(request).await },
            );
        updated.map(drop)
    }

    /// Returns those of these contents that the server does not have.
    pub fn missing(&self, limit: Duration, digests: Vec<api::Digest>) -> Result<Vec<api::Digest>, Trouble> {
        let message = api::FindMissingBlobsRequest {
            instance_name: self.instance(),
            blob_digests: digests,
            digest_function: SHA256,
        };
        let missing = self
            .call(limit, message, |request| async move { self.contents().find_missing_blobs(request).await });
        missing.map(|response| response.missing_blob_digests)
    }

    /// Returns a content; none if the server has lost it.
    ///
    /// # Errors
    /// [`Trouble::Wrong`] if it is another content.
    pub fn read(&self, limit: Duration, digest: &api::Digest) -> Result<Option<Vec<u8>>, Trouble> {
        let content = match u64::try_from(digest.size_bytes) {
            Ok(0) => Some(Vec::new()),
            Ok(length) if length <= self.abilities.message => self.read_message(limit, digest)?,
            Ok(length) if length <= LONGEST => self.read_stream(limit, digest)?,
            _ => None,
        };
        match content {
            Some(content) if digest_of(&content) != *digest => Err(Trouble::Wrong),
            content => Ok(content),
        }
    }

    fn read_message(&self, limit: Duration, digest: &api::Digest) -> Result<Option<Vec<u8>>, Trouble> {
        let message = api::BatchReadBlobsRequest {
            instance_name: self.instance(),
            digests: vec![digest.clone()],
            digest_function: SHA256,
            ..Default::default()
        };
        let response = self
            .call(limit, message, |request| async move { self.contents().batch_read_blobs(request).await })?;
        let Some(read) = response.responses.into_iter().next() else { return Err(Trouble::Wrong) };
        let status = read.status.unwrap_or_default();
        match Code::from(status.code) {
            Code::Ok => Ok(Some(read.data)),
            Code::NotFound => Ok(None),
            code => Err(self.trouble(&Status::new(code, status.message), limit)),
        }
    }

    fn read_stream(&self, limit: Duration, digest: &api::Digest) -> Result<Option<Vec<u8>>, Trouble> {
        let name = format!("{}blobs/{}/{}", self.prefix(), digest.hash, digest.size_bytes);
        let length = usize::try_from(digest.size_bytes).unwrap_or(usize::MAX);
        let message = ReadRequest { resource_name: name, read_offset: 0, read_limit: 0 };
        self.found(limit, message, |request| async move {
            let response = ByteStreamClient::new(self.channel.clone()).read(request).await?;
            let (headers, mut stream, extensions) = response.into_parts();
            let mut content = Vec::new();
            while let Some(piece) = stream.message().await? {
                content.extend_from_slice(&piece.data);
                if content.len() > length {
                    return Err(Status::data_loss("it is longer than it should be"));
                }
            }
            Ok(tonic::Response::from_parts(headers, content, extensions))
        })
    }

    /// Sends contents, each with its digest. Returns false if one of them is too long for the server.
    pub fn write(&self, limit: Duration, contents: Vec<(api::Digest, Vec<u8>)>) -> Result<bool, Trouble> {
        let length = |content: &Vec<u8>| content.len() as u64;
        if contents.iter().any(|(_, content)| length(content) > self.abilities.longest) {
            return Ok(false);
        }
        let mut batch: Vec<(api::Digest, Vec<u8>)> = Vec::new();
        let mut batch_length = 0;
        for (digest, content) in contents {
            if length(&content) > self.abilities.message / 2 {
                self.write_stream(limit, digest, content)?;
                continue;
            }
            if batch_length + length(&content) > self.abilities.message {
                self.write_batch(limit, std::mem::take(&mut batch))?;
                batch_length = 0;
            }
            // Some room for what is around it.
            batch_length += length(&content) + 256;
            batch.push((digest, content));
        }
        if !batch.is_empty() {
            self.write_batch(limit, batch)?;
        }
        Ok(true)
    }

    fn write_batch(&self, limit: Duration, contents: Vec<(api::Digest, Vec<u8>)>) -> Result<(), Trouble> {
        let request = |(digest, data)| api::batch_update_blobs_request::Request {
            digest: Some(digest),
            data,
            ..Default::default()
        };
        let message = api::BatchUpdateBlobsRequest {
            instance_name: self.instance(),
            requests: contents.into_iter().map(request).collect(),
            digest_function: SHA256,
        };
        let response =
            self.call(
                limit,
                message,
                |request| async move { self.contents().batch_update_blobs(request).await },
            )?;
        for written in response.responses {
            let status = written.status.unwrap_or_default();
            if Code::from(status.code) != Code::Ok {
                return Err(self.trouble(&Status::new(status.code.into(), status.message), limit));
            }
        }
        Ok(())
    }

    fn write_stream(&self, limit: Duration, digest: api::Digest, content: Vec<u8>) -> Result<(), Trouble> {
        let name = format!("{}uploads/{}/blobs/{}/{}", self.prefix(), id(), digest.hash, digest.size_bytes);
        let content = Arc::new(content);
        self.call(limit, (), |request| async {
            let (name, content) = (name.clone(), content.clone());
            let count = content.len().div_ceil(PIECE);
            // One piece after the other, since a content may be long.
            let pieces = content_pieces(content).zip(1..).map(move |(data, number)| WriteRequest {
                resource_name: if number == 1 { name.clone() } else { String::new() },
                write_offset: i64::try_from((number - 1) * PIECE).unwrap_or(i64::MAX),
                finish_write: number == count,
                data,
            });
            ByteStreamClient::new(self.channel.clone())
                .write(request.map(|()| tokio_stream::iter(pieces)))
                .await
        })?;
        Ok(())
    }

    fn results(&self) -> ActionCacheClient<Channel> {
        ActionCacheClient::new(self.channel.clone()).max_decoding_message_size(LONGEST_MESSAGE)
    }

    fn contents(&self) -> ContentAddressableStorageClient<Channel> {
        ContentAddressableStorageClient::new(self.channel.clone()).max_decoding_message_size(LONGEST_MESSAGE)
    }

    fn instance(&self) -> String {
        self.address.instance.clone()
    }

    /// Returns how the names of contents begin.
    fn prefix(&self) -> String {
        match self.address.instance.as_str() {
            "" => String::new(),
            instance => format!("{instance}/"),
        }
    }

    fn trouble(&self, status: &Status, limit: Duration) -> Trouble {
        Trouble::of(status, limit, &self.secrets)
    }

    /// Makes a request whose answer may be that there is nothing.
    fn found<M: Clone, A, F>(
        &self,
        limit: Duration,
        message: M,
        send: impl Fn(Request<M>) -> F,
    ) -> Result<Option<A>, Trouble>
    where
        F: Future<Output = Result<tonic::Response<A>, Status>>,
    {
        self.call(limit, message, |request| {
            let answer = send(request);
            async move {
                match answer.await {
                    Ok(response) => Ok(tonic::Response::new(Some(response.into_inner()))),
                    Err(status) if status.code() == Code::NotFound => Ok(tonic::Response::new(None)),
                    Err(status) => Err(status),
                }
            }
        })
    }

    /// Makes a request with the headers, and waits for the answer.
    fn call<M: Clone, A, F>(
        &self,
        limit: Duration,
        message: M,
        send: impl Fn(Request<M>) -> F,
    ) -> Result<A, Trouble>
    where
        F: Future<Output = Result<tonic::Response<A>, Status>>,
    {
        let attempt = |message: M, limit: Duration| {
            let mut request = Request::new(message);
            *request.metadata_mut() = self.headers.clone();
            request.metadata_mut().insert_bin(ABOUT, MetadataValue::from_bytes(&about()));
            request.set_timeout(limit);
            let answer = async { tokio::time::timeout(limit, send(request)).await };
            match self.runtime.as_ref().map(|runtime| runtime.block_on(answer)) {
                Some(Ok(Ok(response))) => Ok(response.into_inner()),
                Some(Ok(Err(status))) => Err(self.trouble(&status, limit)),
                Some(Err(_)) | None => Err(Trouble::Slow(limit)),
            }
        };
        let begun = Instant::now();
        match attempt(message.clone(), limit) {
            // A server may close a connection that was idle. The next one is another.
            Err(Trouble::Unreachable(_)) => attempt(message, limit.saturating_sub(begun.elapsed())),
            answer => answer,
        }
    }
}

impl Drop for Client {
    /// Does not wait for anything: a search for the name of a host may take minutes.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The header with the answer to "who asks?" (REAPI, `RequestMetadata`).
const ABOUT: &str = "build.bazel.remote.execution.v2.requestmetadata-bin";

/// Returns a name for an upload that no other one has, in the form of a UUID (RFC 9562, version 8).
fn id() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
    let hash = digest_of(format!("{number} {now} {}", std::process::id()).as_bytes()).hash;
    format!("{}-{}-8{}-8{}-{}", &hash[..8], &hash[8..12], &hash[13..16], &hash[17..20], &hash[20..32])
}

/// Returns the pieces in which a content is sent.
fn content_pieces(content: Arc<Vec<u8>>) -> impl Iterator<Item = Vec<u8>> + Send + 'static {
    (0..content.len()).step_by(PIECE).map(move |at| content[at..content.len().min(at + PIECE)].to_vec())
}

/// Returns the words of headers.
fn secrets(headers: &MetadataMap) -> Vec<String> {
    let values = headers.iter().filter_map(|pair| match pair {
        KeyAndValueRef::Ascii(_, value) => value.to_str().ok(),
        KeyAndValueRef::Binary(..) => None,
    });
    let words = values.flat_map(str::split_whitespace).filter(|word| *word != "Bearer");
    words.map(str::to_owned).collect()
}

/// Returns who asks, for the pages that some servers show.
fn about() -> Vec<u8> {
    let tool = api::ToolDetails {
        tool_name: "ambidex".to_owned(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    api::RequestMetadata { tool_details: Some(tool), ..Default::default() }.encode_to_vec()
}
