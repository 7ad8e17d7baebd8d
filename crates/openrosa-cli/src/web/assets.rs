//! The stylesheet and the script, under names that change with them; and the mark.

use std::sync::LazyLock;

use axum::response::{IntoResponse as _, Response};
use http::header;
use sha2::{Digest as _, Sha256};

use super::failed::Failed;
use super::said::Path;

const STYLE: &str = include_str!("../../assets/page.css");
const SCRIPT: &str = include_str!("../../assets/page.js");
const MARK: &str = include_str!("../../assets/mark.svg");

static STYLE_NAME: LazyLock<String> = LazyLock::new(|| name(STYLE, "css"));
static SCRIPT_NAME: LazyLock<String> = LazyLock::new(|| name(SCRIPT, "js"));

fn name(text: &str, ending: &str) -> String {
    let hash = Sha256::digest(text);
    let hash: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("/look/assets/page-{hash}.{ending}")
}

pub(super) fn style() -> &'static str {
    &STYLE_NAME
}

pub(super) fn script() -> &'static str {
    &SCRIPT_NAME
}

pub(super) async fn serve(Path(name): Path<String>) -> Result<Response, Failed> {
    let is = |known: &str| known.ends_with(&format!("/{name}"));
    let (kind, text) = match () {
        () if is(&STYLE_NAME) => ("text/css; charset=utf-8", STYLE),
        () if is(&SCRIPT_NAME) => ("text/javascript; charset=utf-8", SCRIPT),
        () if name == "mark.svg" => ("image/svg+xml", MARK),
        () => return Err(Failed::NotThere),
    };
    let forever = (header::CACHE_CONTROL, "public, max-age=31536000, immutable");
    Ok(([(header::CONTENT_TYPE, kind), forever], text).into_response())
}
