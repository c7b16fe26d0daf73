//! Sessions of the versions with a handshake, each bound to the person who began it.
//!
//! **Invariant:** a session id proves nothing. A request with another person's session id is answered as one with an id that
//! does not exist, whatever it asks: call, notification, reply, stream or deletion.

use crate::caller::Principal;
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::Stream;
use parking_lot::Mutex;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::WorkerTransport;
use rmcp::transport::common::server_side_http::ServerSseMessage;
use rmcp::transport::streamable_http_server::session::local::{
    LocalSessionManager, LocalSessionManagerError, LocalSessionWorker, create_local_session,
};
use rmcp::transport::streamable_http_server::{SessionId, SessionManager};
use std::collections::HashMap;
use std::time::Duration;

/// Why a new session is not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// The server has as many as it may.
    Server,
    /// This person has as many as one may.
    Person,
}

/// Whose a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// The caller's own.
    Own,
    /// Another person's.
    Foreign,
    /// There is none of this id.
    Nobodys,
}

/// The sessions of one process and who began them.
#[derive(Debug)]
pub(super) struct Sessions {
    local: LocalSessionManager,
    owners: Mutex<HashMap<SessionId, Principal>>,
    most: usize,
    most_each: usize,
}

impl Sessions {
    pub(super) fn new(idle: Duration, most: usize, most_each: usize) -> Self {
        let mut local = LocalSessionManager::default();
        local.session_config.keep_alive = Some(idle);
        Self { local, owners: Mutex::default(), most, most_each }
    }

    /// Remembers who began a session.
    pub(super) async fn bind(&self, id: &str, owner: Principal) {
        // A session that has ended meanwhile has been forgotten already; remembering it now would be for ever.
        let sessions = self.local.sessions.read().await;
        if sessions.contains_key(id) {
            self.owners.lock().insert(id.into(), owner);
        }
    }

    /// Whose session this is, as far as this caller is concerned.
    pub(super) fn whose(&self, id: &str, caller: &Principal) -> Whose {
        match self.owners.lock().get(id) {
            Some(owner) if owner == caller => Whose::Own,
            Some(_) => Whose::Foreign,
            None => Whose::Nobodys,
        }
    }

    /// Whether this person may begin another session.
    pub(super) fn room(&self, caller: &Principal) -> Result<(), Full> {
        let owners = self.owners.lock();
        if owners.len() >= self.most {
            return Err(Full::Server);
        }
        if owners.values().filter(|owner| *owner == caller).count() >= self.most_each {
            return Err(Full::Person);
        }
        Ok(())
    }
}

impl SessionManager for Sessions {
    type Error = LocalSessionManagerError;
    type Transport = WorkerTransport<LocalSessionWorker>;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        let mut bytes = [0u8; 32];
        rand::fill(&mut bytes).map_err(|_| std::io::Error::other("no random bytes")).map_err(session_error)?;
        let id: SessionId = URL_SAFE_NO_PAD.encode(bytes).into();
        let (handle, worker) = create_local_session(id.clone(), self.local.session_config.clone());
        self.local.sessions.write().await.insert(id.clone(), handle);
        Ok((id, WorkerTransport::spawn(worker)))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        self.local.initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Self::Error> {
        self.local.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        let closed = self.local.close_session(id).await;
        self.owners.lock().remove(id);
        closed
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        SessionManager::create_stream(&self.local, id, message).await
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), Self::Error> {
        self.local.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        SessionManager::create_standalone_stream(&self.local, id).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        SessionManager::resume(&self.local, id, last_event_id).await
    }
}

fn session_error(error: std::io::Error) -> LocalSessionManagerError {
    LocalSessionManagerError::SessionError(error.into())
}
