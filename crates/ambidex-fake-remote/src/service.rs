//! The requests of the API that a cache answers.

use std::pin::Pin;
use std::sync::Arc;

use bazel_remote_apis::build::bazel::remote::execution::v2 as api;
use bazel_remote_apis::google::bytestream as stream;
use bazel_remote_apis::google::rpc;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Code, Request, Response, Status, Streaming};

use crate::fault::Fault;
use crate::shelf::Shelf;

/// How much one message of a stream holds, in bytes.
const PIECE: usize = 64 << 10;

type Answer<A> = Result<Response<A>, Status>;
type Many<A> = Pin<Box<dyn Stream<Item = Result<A, Status>> + Send>>;

/// The services, all over one shelf.
pub(crate) struct Service(pub Arc<Shelf>);

impl Service {
    /// Takes a request: goes wrong in the ways that have nothing to do with what is asked.
    async fn take<A>(&self, request: Request<A>, writes: bool) -> Result<A, Status> {
        let (fault, demanded) = self.0.asked();
        if let Some((name, value)) = demanded
            && request.metadata().get(name).is_none_or(|given| given.as_bytes() != value.as_bytes())
        {
            return Err(Status::unauthenticated("who are you?"));
        }
        match fault {
            Fault::Slow(time) => tokio::time::sleep(time).await,
            Fault::Stuck => std::future::pending().await,
            Fault::Broken => return Err(Status::internal("the server's disk is on fire")),
            Fault::Full if writes => return Err(Status::resource_exhausted("no room")),
            Fault::Denied if writes => return Err(Status::permission_denied("read only")),
            _ => {}
        }
        Ok(request.into_inner())
    }
}

fn hash(digest: Option<api::Digest>) -> Result<String, Status> {
    digest.map(|digest| digest.hash).ok_or_else(|| Status::invalid_argument("no digest"))
}

fn unimplemented<A>() -> Answer<A> {
    Err(Status::unimplemented("a cache does not need it"))
}

#[tonic::async_trait]
impl api::capabilities_server::Capabilities for Service {
    async fn get_capabilities(
        &self,
        request: Request<api::GetCapabilitiesRequest>,
    ) -> Answer<api::ServerCapabilities> {
        self.take(request, false).await?;
        let cache = api::CacheCapabilities {
            digest_functions: vec![api::digest_function::Value::Sha256.into()],
            action_cache_update_capabilities: Some(api::ActionCacheUpdateCapabilities {
                update_enabled: true,
            }),
            ..Default::default()
        };
        Ok(Response::new(api::ServerCapabilities { cache_capabilities: Some(cache), ..Default::default() }))
    }
}

#[tonic::async_trait]
impl api::action_cache_server::ActionCache for Service {
    async fn get_action_result(
        &self,
        request: Request<api::GetActionResultRequest>,
    ) -> Answer<api::ActionResult> {
        let request = self.take(request, false).await?;
        let hash = hash(request.action_digest)?;
        let mut result = self.0.result(&hash).ok_or_else(|| Status::not_found("no result"))?;
        for file in &mut result.output_files {
            if request.inline_output_files.contains(&file.path)
                && let Some(digest) = &file.digest
            {
                file.contents = self.0.content(&digest.hash).unwrap_or_default();
            }
        }
        Ok(Response::new(result))
    }

    async fn update_action_result(
        &self,
        request: Request<api::UpdateActionResultRequest>,
    ) -> Answer<api::ActionResult> {
        let request = self.take(request, true).await?;
        let result = request.action_result.unwrap_or_default();
        let digests = result.output_files.iter().filter_map(|file| file.digest.as_ref());
        if let Some(lost) = digests.into_iter().find(|digest| !self.0.has(&digest.hash)) {
            return Err(Status::failed_precondition(format!("{} is missing", lost.hash)));
        }
        self.0.update(&hash(request.action_digest)?, result.clone());
        Ok(Response::new(result))
    }
}

#[tonic::async_trait]
impl api::content_addressable_storage_server::ContentAddressableStorage for Service {
    type GetTreeStream = Many<api::GetTreeResponse>;
    type GetChunkMappingStream = Many<api::GetChunkMappingResponse>;

    async fn find_missing_blobs(
        &self,
        request: Request<api::FindMissingBlobsRequest>,
    ) -> Answer<api::FindMissingBlobsResponse> {
        let request = self.take(request, false).await?;
        let missing = request.blob_digests.into_iter().filter(|digest| !self.0.has(&digest.hash)).collect();
        Ok(Response::new(api::FindMissingBlobsResponse { missing_blob_digests: missing }))
    }

    async fn batch_update_blobs(
        &self,
        request: Request<api::BatchUpdateBlobsRequest>,
    ) -> Answer<api::BatchUpdateBlobsResponse> {
        let request = self.take(request, true).await?;
        let responses = request.requests.into_iter().map(|blob| {
            let is_right = blob.digest.as_ref().is_some_and(|digest| self.0.put(&digest.hash, blob.data));
            let code = if is_right { Code::Ok } else { Code::InvalidArgument };
            api::batch_update_blobs_response::Response { digest: blob.digest, status: Some(status(code)) }
        });
        Ok(Response::new(api::BatchUpdateBlobsResponse { responses: responses.collect() }))
    }

    async fn batch_read_blobs(
        &self,
        request: Request<api::BatchReadBlobsRequest>,
    ) -> Answer<api::BatchReadBlobsResponse> {
        let request = self.take(request, false).await?;
        let responses = request.digests.into_iter().map(|digest| {
            let data = self.0.content(&digest.hash);
            let code = if data.is_some() { Code::Ok } else { Code::NotFound };
            api::batch_read_blobs_response::Response {
                digest: Some(digest),
                data: data.unwrap_or_default(),
                status: Some(status(code)),
                ..Default::default()
            }
        });
        Ok(Response::new(api::BatchReadBlobsResponse { responses: responses.collect() }))
    }

    async fn get_tree(&self, _: Request<api::GetTreeRequest>) -> Answer<Self::GetTreeStream> {
        unimplemented()
    }

    async fn split_blob(&self, _: Request<api::SplitBlobRequest>) -> Answer<api::SplitBlobResponse> {
        unimplemented()
    }

    async fn get_chunk_mapping(
        &self,
        _: Request<api::GetChunkMappingRequest>,
    ) -> Answer<Self::GetChunkMappingStream> {
        unimplemented()
    }

    async fn splice_blob(&self, _: Request<api::SpliceBlobRequest>) -> Answer<api::SpliceBlobResponse> {
        unimplemented()
    }

    async fn register_chunk_mapping(
        &self,
        _: Request<Streaming<api::RegisterChunkMappingRequest>>,
    ) -> Answer<api::RegisterChunkMappingResponse> {
        unimplemented()
    }
}

#[tonic::async_trait]
impl stream::byte_stream_server::ByteStream for Service {
    type ReadStream = Many<stream::ReadResponse>;

    async fn read(&self, request: Request<stream::ReadRequest>) -> Answer<Self::ReadStream> {
        let request = self.take(request, false).await?;
        let hash = hash_in(&request.resource_name)?;
        let content = self.0.content(hash).ok_or_else(|| Status::not_found("no content"))?;
        let pieces: Vec<_> =
            content.chunks(PIECE).map(|piece| Ok(stream::ReadResponse { data: piece.to_vec() })).collect();
        Ok(Response::new(Box::pin(tokio_stream::iter(pieces))))
    }

    async fn write(
        &self,
        request: Request<Streaming<stream::WriteRequest>>,
    ) -> Answer<stream::WriteResponse> {
        let mut pieces = self.take(request, true).await?;
        let (mut name, mut content, mut finished) = (String::new(), Vec::new(), false);
        while let Some(piece) = pieces.next().await {
            let piece = piece?;
            if name.is_empty() {
                name = piece.resource_name;
            }
            content.extend(piece.data);
            finished |= piece.finish_write;
        }
        let committed_size = i64::try_from(content.len()).unwrap_or(i64::MAX);
        match finished && self.0.put(hash_in(&name)?, content) {
            true => Ok(Response::new(stream::WriteResponse { committed_size })),
            false => Err(Status::invalid_argument("the content is not what its name says")),
        }
    }

    async fn query_write_status(
        &self,
        _: Request<stream::QueryWriteStatusRequest>,
    ) -> Answer<stream::QueryWriteStatusResponse> {
        unimplemented()
    }
}

/// Returns the hash in the name of a content: `.../blobs/HASH/LENGTH`.
fn hash_in(name: &str) -> Result<&str, Status> {
    let mut parts = name.split('/').skip_while(|part| *part != "blobs");
    parts.nth(1).ok_or_else(|| Status::invalid_argument("no name of a content"))
}

fn status(code: Code) -> rpc::Status {
    rpc::Status { code: code.into(), ..Default::default() }
}
