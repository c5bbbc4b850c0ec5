//! Who acts. Until there is sign-in this is the one place that decides it, and it believes what it is told: a header on the API, a
//! cookie on the pages. `serve` therefore refuses any address but loopback unless told otherwise, and every page says so.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use dean_aggregates::actor::{Actor, Role};

use super::problem::Problem;

/// The API's header: `id; role=…; unit=…`.
pub const ACTOR_HEADER: &str = "dean-actor";
/// The pages' cookie: see [`to_cookie`].
pub const ACTOR_COOKIE: &str = "dean_actor";

/// The actor of a request that may have none (reading needs none until sign-in exists).
pub struct MaybeActor(pub Option<Actor>);

/// The actor of a request that must have one.
pub struct RequiredActor(pub Actor);

/// Who may read everything that is recorded: those who audit.
///
/// # Errors
/// 401 without an actor, 403 with another one.
pub fn reader_of_everything(actor: Option<Actor>) -> Result<Actor, Problem> {
    let actor = actor.ok_or_else(no_actor)?;
    match actor.role {
        Role::Auditor | Role::Inspector => Ok(actor),
        role => Err(Problem::new(StatusCode::FORBIDDEN, "not-an-auditor").param("role", role)),
    }
}

fn no_actor() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "no-actor").field(ACTOR_HEADER)
}

/// Reads `id; role=department-officer; unit=so-ct-lai-chau`.
pub fn parse(text: &str) -> Result<Actor, Problem> {
    let malformed = || Problem::new(StatusCode::BAD_REQUEST, "malformed-actor").field(ACTOR_HEADER);
    let mut parts = text.split(';').map(str::trim);
    let id = parts
        .next()
        .filter(|id| is_identifier(id))
        .ok_or_else(malformed)?
        .to_owned();
    let (mut role, mut unit) = (None, None);
    for part in parts {
        match part.split_once('=') {
            Some(("role", word)) if role.is_none() => {
                role = Some(word.parse::<Role>().map_err(|_| {
                    Problem::new(StatusCode::BAD_REQUEST, "unknown-role")
                        .field(ACTOR_HEADER)
                        .param("role", word)
                })?);
            }
            Some(("unit", word)) if unit.is_none() && is_identifier(word) => unit = Some(word.to_owned()),
            _ => return Err(malformed()),
        }
    }
    match (role, unit) {
        (Some(role), Some(unit)) => Ok(Actor { id, role, unit }),
        _ => Err(malformed()),
    }
}

/// The form that [`parse`] reads.
pub fn format(actor: &Actor) -> String {
    format!("{}; role={}; unit={}", actor.id, actor.role, actor.unit)
}

/// Identifiers stand in sealed headers, so they are short ASCII words.
fn is_identifier(word: &str) -> bool {
    (1..=100).contains(&word.len())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'@'))
}

fn actor_of(headers: &HeaderMap) -> Result<Option<Actor>, Problem> {
    if let Some(value) = headers.get(ACTOR_HEADER) {
        let malformed = |_| Problem::new(StatusCode::BAD_REQUEST, "malformed-actor").field(ACTOR_HEADER);
        return parse(value.to_str().map_err(malformed)?).map(Some);
    }
    // A cookie that no longer parses (an older version's) is no reason to lock somebody out: they choose again.
    Ok(cookie(headers, ACTOR_COOKIE).and_then(|value| from_cookie(&value)))
}

/// The cookie's value: `id/role/unit`, because a semicolon would end it.
pub fn to_cookie(actor: &Actor) -> String {
    format!("{}/{}/{}", actor.id, actor.role, actor.unit)
}

fn from_cookie(value: &str) -> Option<Actor> {
    let mut parts = value.split('/');
    let (id, role, unit) = (parts.next()?, parts.next()?, parts.next()?);
    parse(&format!("{id}; role={role}; unit={unit}")).ok()
}

/// The value of a cookie.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then(|| value.to_owned()))
}

impl<S: Send + Sync> FromRequestParts<S> for MaybeActor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        actor_of(&parts.headers).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequiredActor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        actor_of(&parts.headers)?.map(Self).ok_or_else(no_actor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_survives_its_own_format_and_nonsense_is_refused() {
        let actor = parse("so-ct-lai-chau.cv1; role=department-officer; unit=so-ct-lai-chau").expect("well-formed");
        assert_eq!(parse(&format(&actor)).expect("own format"), actor);
        for nonsense in [
            "",
            "x",
            "x; role=boss; unit=u",
            "x; role=auditor",
            "Nguyễn; role=auditor; unit=u",
            "x; role=auditor; unit=",
            "x; role=auditor; unit=u; role=minister",
            "x; role=auditor; unit=u; unit=v",
        ] {
            assert!(parse(nonsense).is_err(), "{nonsense:?} was believed");
        }
    }
}
