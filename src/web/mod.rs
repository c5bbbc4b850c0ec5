//! The pages: server-rendered, without script, in Vietnamese and English. A handler in `pages` asks the engine and the read models and
//! fills a typed context of `views`, which its template renders; `visit` puts the chrome around it and turns refusals into pages.
//!
//! # Adding a page
//! 1. A context in `views` with its template, and a sample in `views/samples.rs`: it is rendered in both languages by a test.
//! 2. A handler in `pages` and its route here. It takes a [`visit::Page`]; a form is read by [`posted::Posted`], which checks its token.
//! 3. Every text is a key in `i18n/locales`; every link goes to a path of our own.

mod assets;
mod charts;
mod csrf;
mod explain;
mod fields;
pub(crate) mod format;
mod pages;
mod posted;
mod views;
mod visit;
pub(crate) mod words;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

pub use csrf::Csrf;

use crate::http::{App, limit};

/// Every page. The fallback answers for all addresses that nobody else takes.
pub fn router(app: App) -> Router<App> {
    Router::new()
        .route("/", get(pages::dashboard::show))
        .route("/viec-can-xu-ly", get(pages::inbox::show))
        .route("/de-an", get(pages::projects::list))
        .route("/de-an/moi", get(pages::step::draft_form).post(pages::step::draft))
        .route("/de-an/{id}", get(pages::project::show))
        .route(
            "/de-an/{id}/buoc/{step}",
            get(pages::step::form).post(pages::step::take),
        )
        .route("/de-an/{id}/ra-soat", get(pages::screening::show))
        .route("/de-an/{id}/ra-soat/ket-luan/{flag}", post(pages::screening::rule))
        .route("/de-an/{id}/ra-soat/hoa-don-may", post(pages::screening::file))
        .route("/ke-hoach", get(pages::plans::list))
        .route("/ke-hoach/{id}", get(pages::plans::show))
        .route("/ke-hoach/dot/{id}", get(pages::batches::show))
        .route("/hop-dong", get(pages::contracts::list))
        .route("/hop-dong/{id}", get(pages::contracts::show))
        .route("/kiem-tra", get(pages::inspections::list))
        .route("/kiem-tra/kien-nghi", get(pages::inspections::findings))
        .route("/kiem-tra/{id}", get(pages::inspections::show))
        .route("/nhac-viec", get(pages::reminders::list))
        .route("/de-an/{id}/bao-cao", get(pages::reports::months))
        .route("/bao-cao", get(pages::reports::list))
        .route(
            "/bao-cao/{unit}/{kind}/{year}/{number}",
            get(pages::period::show).post(pages::period::file),
        )
        .route("/nguoi-dung", get(pages::actors::show).post(pages::actors::choose))
        .route("/nhat-ky", get(pages::log::show))
        .route("/problems/{code}", get(explain::problem))
        .route("/style.css", get(assets::style))
        .fallback(explain::no_such_page)
        .layer(from_fn_with_state(app.load.clone(), limit::whole_body))
        .layer(from_fn_with_state(app, visit::surround))
}
