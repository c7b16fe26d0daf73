//! Two who change the same grant at the same moment.

use super::*;
use std::sync::Barrier;

fn agreement(client: &str, nth: usize) -> Agreement {
    Agreement {
        new_id: format!("g-{client}-{nth}"),
        tenant: TenantId::new("msp").unwrap(),
        principal: Principal { issuer: "https://id.example".into(), subject: "jane".into() },
        client: client.to_owned(),
        client_digest: [1; 32],
        client_view: "{}".into(),
        scopes: "support.read".into(),
        attributes: b"{}".to_vec(),
    }
}

fn code(client: usize, nth: usize) -> Code {
    let mut hash = [0; 32];
    hash[0] = u8::try_from(client).unwrap();
    hash[1] = u8::try_from(nth).unwrap();
    Code { hash, redirect_uri: String::new(), challenge: String::new(), realm_session: None, expires_at: 60 }
}

#[test]
fn tabs_that_agree_first_at_the_same_moment_all_get_their_code_under_one_grant() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    for round in 0..50 {
        let start = Barrier::new(4);
        let grants: Vec<String> = std::thread::scope(|scope| {
            let tabs: Vec<_> = (0..4)
                .map(|nth| {
                    let (store, start) = (&store, &start);
                    scope.spawn(move || {
                        let agreed = agreement(&format!("client-{round}"), nth);
                        start.wait();
                        store.authorise(&agreed, &code(round, nth), 1).unwrap().0
                    })
                })
                .collect();
            tabs.into_iter().map(|it| it.join().unwrap()).collect()
        });
        assert!(grants.iter().all(|it| *it == grants[0]), "{grants:?}");
    }
}

#[test]
fn a_service_that_asks_first_many_times_at_once_has_one_session() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    for round in 0..50 {
        let start = Barrier::new(4);
        let sessions: Vec<Session> = std::thread::scope(|scope| {
            let asking: Vec<_> = (0..4)
                .map(|nth| {
                    let (store, start) = (&store, &start);
                    scope.spawn(move || {
                        let agreed = agreement(&format!("service-{round}"), nth);
                        start.wait();
                        store.service_session(&agreed, &format!("s-{round}-{nth}"), 1, 60).unwrap()
                    })
                })
                .collect();
            asking.into_iter().map(|it| it.join().unwrap()).collect()
        });
        assert!(sessions.iter().all(|it| it.id == sessions[0].id && it.grant == sessions[0].grant));
    }
}
