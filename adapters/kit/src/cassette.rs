//! Plays a recorded vendor back to an adapter: the requests in their order, and what was answered to each.

use postern_api::cassette::{Cassette, Exchange, outcome};
use postern_api::http::{Bytes, HeaderMap, HeaderName, Http, Request, Response, StatusCode};
use postern_api::{Adapter, CallCx, Error, ErrorKind, ExternalId, Reach, Result, async_trait};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// An HTTP handle that answers what was recorded.
///
/// A request is matched by verb and path, in the order of the recording; queries and bodies are not compared, since what was
/// somebody's in them was replaced.
#[derive(Debug)]
pub struct Replay {
    left: Mutex<Vec<Exchange>>,
    strayed: Mutex<Vec<String>>,
}

impl Replay {
    /// A handle for a cassette.
    pub fn of(cassette: &Cassette) -> Arc<Self> {
        Arc::new(Self { left: Mutex::new(cassette.exchanges.clone()), strayed: Mutex::default() })
    }

    /// Requests that were not recorded.
    pub fn strayed(&self) -> Vec<String> {
        self.strayed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Http for Replay {
    async fn send(&self, _: &CallCx, request: Request) -> Result<Response> {
        let (method, path) = (request.method.as_str(), &request.path);
        let found = {
            let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
            let place = left.iter().position(|it| it.method == method && it.path == *path);
            place.map(|place| left.remove(place))
        };
        let Some(exchange) = found else {
            let asked = format!("{method} {}", path.join("/"));
            self.strayed.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
            return Err(Error::new(ErrorKind::Unavailable, "the recording has no answer to this request"));
        };
        let answer = exchange.answer.ok_or_else(|| Error::new(ErrorKind::Unavailable, "no answer was recorded"))?;
        let broken = |what: &str| Error::internal(format!("a cassette's {what}"));
        let mut headers = HeaderMap::new();
        for (name, value) in answer.headers {
            let name: HeaderName = name.parse().map_err(|_| broken("header"))?;
            headers.append(name, value.parse().map_err(|_| broken("header"))?);
        }
        let status = StatusCode::from_u16(answer.status).map_err(|_| broken("status"))?;
        Ok(Response { status, headers, body: Bytes::from(answer.body) })
    }
}

/// Plays a cassette to an adapter and says what came of it: the outcome, the number of records, and the requests that were not
/// recorded. Compare it with what ought to come of it, which is not what was recorded where a mistake was.
pub async fn replay(cassette: &Cassette, connect: impl FnOnce(Arc<dyn Http>) -> Arc<dyn Adapter>) -> Replayed {
    let replay = Replay::of(cassette);
    let adapter = connect(replay.clone());
    let result = match reach(cassette) {
        Ok(reach) => cassette.operation.perform(&*adapter, &CallCx::new(reach, Duration::from_secs(10))).await,
        Err(broken) => Err(broken),
    };
    Replayed { outcome: outcome(&result), records: result.unwrap_or_default(), strayed: replay.strayed() }
}

/// As far as the recorded call reached.
fn reach(cassette: &Cassette) -> Result<Reach> {
    let Some(organisation) = &cassette.organisation else { return Ok(Reach::Tenant) };
    let broken = |_| Error::internal("a cassette's organisation");
    Ok(Reach::Organisations(vec![ExternalId::new(organisation).map_err(broken)?]))
}

/// What came of a recording that was played back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// `ok`, or a kind of error.
    pub outcome: &'static str,
    /// Records that the adapter returned.
    pub records: usize,
    /// Requests that were not recorded.
    pub strayed: Vec<String>,
}
