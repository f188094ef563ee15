//! The model server and the issuer of the bench: one thread, fixed answers, so that they are not what is measured.

use std::convert::Infallible;
use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

/// Serves an answer of about 1 KB, the size of a short chat answer.
pub(crate) async fn start() -> SocketAddr {
    let text = "The order was received and the ward has been told; a nurse confirms the slot before noon. "
        .repeat(8);
    let answer = format!(
        "{{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"bench-model\",\"choices\":[{{\"index\":0,\"message\":{{\"role\":\"assistant\",\"content\":\"{text}\"}},\"finish_reason\":\"stop\"}}],\"usage\":{{\"prompt_tokens\":210,\"completion_tokens\":150,\"total_tokens\":360}}}}"
    );
    serve(Bytes::from(answer)).await
}

/// Serves a key set. On a thread of its own: the gateway asks for it while we wait for the gateway.
pub(crate) async fn issuer(jwks: String) -> SocketAddr {
    let (send, receive) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tokio::task::LocalSet::new().block_on(&runtime, async {
            send.send(serve(Bytes::from(jwks)).await).unwrap();
            std::future::pending::<()>().await;
        });
    });
    receive.await.unwrap()
}

async fn serve(answer: Bytes) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::task::spawn_local(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let answer = answer.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let answer = answer.clone();
                async move {
                    let _ = request.into_body().collect().await;
                    let mut reply = Response::new(Full::new(answer));
                    reply
                        .headers_mut()
                        .insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
                    Ok::<_, Infallible>(reply)
                }
            });
            tokio::task::spawn_local(async move {
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    address
}
