//! `POST /v1/traces`

use std::io::Read;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use clasper_api_state::ApiState;
use clasper_api_types::{OtlpTraceReply, OtlpTraceRequest};
use clasper_http::{ApiBytes, Problem, TenantCaller, TenantQuery, WriteProblems};
use clasper_otlp::{Encoding, reply};
use flate2::read::GzDecoder;

/// The largest body after it was unpacked, in bytes.
const LARGEST: usize = 16 * 1024 * 1024;

/// Export spans over OTLP
///
/// Takes the spans of OpenTelemetry exporters (OTLP/HTTP, protobuf or JSON, gzip if they like) and answers when they are durable.
/// They become traces of the tenant that the credential names, with every attribute; those of the GenAI conventions are
/// understood. The tenant's redaction is applied before anything is stored: when it fails, nothing is (503 `redaction_failed`). The same span may come again. Spans that cannot be kept are refused alone: `partialSuccess` says how many and why.
/// At most 10,000 spans and 16 MiB unpacked. Needs the permission `trace:ingest`.
#[utoipa::path(
    post,
    path = "/v1/traces",
    tag = "traces",
    params(TenantQuery),
    request_body(
        content((OtlpTraceRequest = "application/json"), (Vec<u8> = "application/x-protobuf")),
        description = "An ExportTraceServiceRequest"
    ),
    responses(
        (status = 200, description = "Everything that can be kept is durable. In the encoding of the request.", body = OtlpTraceReply),
        (status = 404, description = "The credential may not write to the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn export_spans(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    headers: HeaderMap,
    ApiBytes(body): ApiBytes,
) -> Result<Response, Problem> {
    let encoding = encoding(&headers)?;
    state.spans.admit(&caller)?;
    let body = unpacked(&headers, body)?;
    state.identity.ensure_tenant(&caller).await?;
    let intake = state.spans.take(&caller, &body, encoding).await?;
    let answer = reply(intake.rejected, intake.reason.as_deref(), encoding);
    Ok(([(CONTENT_TYPE, name(encoding))], answer).into_response())
}

const fn name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Protobuf => "application/x-protobuf",
        Encoding::Json => "application/json",
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &axum::http::HeaderName) -> &'h str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Problem> {
    let kind = header(headers, &CONTENT_TYPE)
        .split(';')
        .next()
        .unwrap_or_default();
    match kind.trim().to_ascii_lowercase().as_str() {
        "application/x-protobuf" => Ok(Encoding::Protobuf),
        "application/json" => Ok(Encoding::Json),
        _ => Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "send OTLP as `application/x-protobuf` or `application/json`",
        )),
    }
}

/// The body without its compression, up to a limit: a few bytes can unpack to any number.
fn unpacked(headers: &HeaderMap, body: Bytes) -> Result<Bytes, Problem> {
    match header(headers, &CONTENT_ENCODING).trim() {
        "" | "identity" => return Ok(body),
        "gzip" => {}
        _ => {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_encoding",
                "send the body as it is or compressed with gzip",
            ));
        }
    }
    let mut whole = Vec::new();
    let mut reader = GzDecoder::new(&*body).take(LARGEST as u64 + 1);
    reader.read_to_end(&mut whole).map_err(|_| {
        let detail = "the body is not what `Content-Encoding: gzip` says";
        Problem::new(StatusCode::BAD_REQUEST, "malformed_gzip", detail)
    })?;
    if whole.len() > LARGEST {
        let detail = format!("the body is larger than {LARGEST} bytes when it is unpacked");
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            detail,
        ));
    }
    Ok(whole.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(bytes: usize) -> Bytes {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(&vec![b' '; bytes]).expect("memory");
        packer.finish().expect("memory").into()
    }

    fn status(body: Bytes) -> Result<usize, u16> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, "gzip".parse().expect("a value"));
        unpacked(&headers, body)
            .map(|body| body.len())
            .map_err(|problem| problem.status().as_u16())
    }

    #[test]
    fn a_bomb_is_refused_before_it_fills_the_memory() {
        assert_eq!(status(packed(LARGEST)), Ok(LARGEST));
        assert_eq!(status(packed(LARGEST + 1)), Err(413));
        let bomb = packed(LARGEST * 8);
        assert!(bomb.len() < LARGEST / 50);
        assert_eq!(status(bomb), Err(413));
        assert_eq!(status(Bytes::from_static(b"not gzip")), Err(400));
    }
}
