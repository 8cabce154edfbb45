//! Query strings and path parameters that are refused.

use axum::Router;
use axum::routing::get as on_get;
use serde::Deserialize;

use clasper_core::{TenantId, TraceId};
use clasper_http::{ApiPath, ApiQuery, PageQuery};

use crate::app::{app, get, send};

#[derive(Deserialize)]
#[expect(dead_code, reason = "only whether it can be read matters")]
struct Filter {
    #[serde(flatten)]
    page: PageQuery,
    model: Option<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only whether it can be read matters")]
struct Two {
    tenant: TenantId,
    number: u32,
}

fn router() -> Router {
    app(Router::new()
        .route("/page", on_get(|ApiQuery(_): ApiQuery<PageQuery>| async {}))
        .route("/filter", on_get(|ApiQuery(_): ApiQuery<Filter>| async {}))
        .route(
            "/traces/{id}",
            on_get(|ApiPath(_): ApiPath<TraceId>| async {}),
        )
        .route(
            "/tenants/{tenant}",
            on_get(|ApiPath(_): ApiPath<TenantId>| async {}),
        )
        .route(
            "/two/{tenant}/{number}",
            on_get(|ApiPath(_): ApiPath<Two>| async {}),
        ))
}

#[tokio::test]
async fn numbers_are_read_in_a_query_and_in_one_flattened_into_another() {
    for uri in [
        "/page?limit=5&offset=3",
        "/filter?limit=5&offset=3&model=m",
        "/filter",
        "/page",
    ] {
        assert_eq!(send(&router(), get(uri)).await.status, 200, "{uri}");
    }
}

#[tokio::test]
async fn the_parameter_at_fault_is_named() {
    for (uri, pointer) in [
        ("/page?limit=many", "/query/limit"),
        ("/page?limit=-1", "/query/limit"),
        ("/page?limit=99999999999", "/query/limit"),
        ("/page?offset=1.5", "/query/offset"),
        ("/page?limit=1&limit=2", "/query/limit"),
        ("/page?cursor=%00", "/query"),
        ("/page?cursor=%ff", "/query"),
        ("/traces/nonsense", "/path/id"),
        ("/traces/%00", "/path"),
        ("/tenants/a%2Fb", "/path/tenant"),
        ("/two/a%2Fb/7", "/path/tenant"),
        ("/two/acme/seven", "/path/number"),
        ("/two/acme%ff/7", "/path"),
    ] {
        let answer = send(&router(), get(uri)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (400, "invalid_input"),
            "{uri}"
        );
        assert_eq!(answer.pointer(), pointer, "{uri}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_bad_number_in_a_flattened_query_is_refused() {
    let answer = send(&router(), get("/filter?limit=many")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (400, "invalid_input")
    );
}

#[tokio::test]
async fn a_path_parameter_reads_like_this() {
    let answer = send(&router(), get("/two/acme/seven")).await;
    insta::assert_json_snapshot!(answer.body["errors"], @r#"
    [
      {
        "detail": "expected u32",
        "pointer": "/path/number"
      }
    ]
    "#);
}
