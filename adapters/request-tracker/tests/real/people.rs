//! People and organisations.

use crate::rig::{Rig, word};
use postern_api::*;

pub(crate) async fn a_requester_is_found_in_any_case_and_at_home_alone(rig: &Rig) {
    let find = async |cx: &CallCx, queue: &ExternalId, email: &str| {
        rig.desk().requester(cx, queue, email).await.expect("an answer").map(|row| rig.open(row))
    };
    let cx = rig.at_acme();
    for email in ["jane@acme.example", "JANE@ACME.EXAMPLE", " Jane@acme.example "] {
        let jane = find(&cx, &rig.acme, email).await.expect("Jane");
        assert_eq!((jane.name.as_str(), jane.email.as_deref()), ("Jane Smith", Some("jane@acme.example")));
        assert_eq!(jane.contact.as_ref(), Some(&rig.jane));
    }
    assert!(find(&cx, &rig.acme, "bob@globex.example").await.is_none());
    assert!(find(&cx, &rig.globex, "bob@globex.example").await.is_none(), "out of reach");
    assert!(find(&cx, &rig.acme, "tech1@msp.example").await.is_none());
    for odd in ["' OR 1=1 --", "%", "", "\"]}"] {
        assert!(find(&cx, &rig.acme, odd).await.is_none(), "{odd}");
    }
}

pub(crate) async fn contacts_name_their_organisation(rig: &Rig) {
    let rows = rig.crm().contacts(&rig.at_acme(), &rig.acme).await.expect("contacts");
    let rows: Vec<Contact> = rows.into_iter().map(|row| rig.acmes(row)).collect();
    let names: Vec<_> = rows.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["Jane Smith", "John O'Hara"]);
    assert!(rows.iter().all(|it| it.active && it.email.is_some()));
    let error = rig.crm().contacts(&rig.at_acme(), &rig.globex).await.expect_err("out of reach");
    assert_eq!(error.kind(), ErrorKind::NotFound);

    let jane = rig.acmes(rig.crm().contact(&rig.at_acme(), &rig.jane).await.expect("Jane"));
    assert_eq!((jane.id, jane.active), (rig.jane.clone(), true));
    for gone in [rig.bob.as_str(), "999999", "1", "jane", "x.y"] {
        let id = ContactId::new(gone).expect("an id");
        let error = rig.crm().contact(&rig.at_acme(), &id).await.expect_err("not a contact of Acme");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{gone}");
    }
}

pub(crate) async fn an_organisation_is_its_queue(rig: &Rig) {
    let acme = rig.acmes(rig.crm().organisation(&rig.at_acme(), &rig.acme).await.expect("Acme"));
    assert_eq!((acme.name.as_str(), acme.status), ("Acme", OrganisationStatus::Active));
    let kind = async |cx: &CallCx, id: &str| {
        let id = ExternalId::new(id).expect("an id");
        rig.crm().organisation(cx, &id).await.expect_err("missing").kind()
    };
    assert_eq!(kind(&rig.at_acme(), rig.globex.as_str()).await, ErrorKind::NotFound);
    assert_eq!(kind(&rig.tenant(), "999999").await, ErrorKind::NotFound);
    assert_eq!(kind(&rig.tenant(), &word()).await, ErrorKind::NotFound);
    assert_eq!(kind(&rig.tenant(), "General").await, ErrorKind::NotFound, "a name is no id");
}
