//! What a user may do in OpenIM's database, as the server lists it. Whoever may list the collections may yet write
//! nothing, and OpenIM would find that out with the first message.
//!
//! ```text
//! {connectionStatus: 1, showPrivileges: true}
//! → {authInfo: {authenticatedUserPrivileges: [{resource: {db: "openim_v3", collection: ""}, actions: ["find", …]}, …]}}
//! ```
//!
//! Source: MongoDB's manual, `connectionStatus` and "Resource Document".
//! Left out: rights on some collections and not on others; an action that is allowed on one of them counts.

use crate::probe::bson::Bson;

/// What OpenIM does with its database: it makes its indexes as it starts.
const NEEDED: [&str; 5] = ["find", "insert", "update", "remove", "createIndex"];

pub(super) fn question(database: &str) -> Bson {
    Bson::document([
        ("connectionStatus", Bson::Int(1)),
        ("showPrivileges", Bson::Bool(true)),
        ("$db", Bson::text(database)),
    ])
}

/// What OpenIM does and its user may not; nothing where the server does not list it.
pub(super) fn missing(answer: &Bson, database: &str) -> Vec<&'static str> {
    let listed = answer.get("authInfo").and_then(|info| info.get("authenticatedUserPrivileges"));
    let Some(Bson::Array(privileges)) = listed else { return Vec::new() };
    let own = privileges
        .iter()
        .filter(|privilege| privilege.get("resource").is_some_and(|resource| covers(resource, database)));
    let granted: Vec<&str> = own.flat_map(actions_of).collect();
    let may = |action: &&str| granted.contains(action) || granted.contains(&"anyAction");
    NEEDED.into_iter().filter(|action| !may(action)).collect()
}

fn actions_of(privilege: &Bson) -> impl Iterator<Item = &str> {
    let actions = match privilege.get("actions") {
        Some(Bson::Array(actions)) => actions.as_slice(),
        Some(_) | None => &[],
    };
    actions.iter().filter_map(Bson::as_text)
}

/// Whether a resource is this database, or a part of it, or more than it.
fn covers(resource: &Bson, database: &str) -> bool {
    let named = resource.get("db").and_then(Bson::as_text);
    named.is_some_and(|name| name.is_empty() || name == database)
        || resource.get("anyResource").is_some_and(Bson::as_bool)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn privilege(resource: Bson, actions: &[&str]) -> Bson {
        let actions = Bson::Array(actions.iter().map(|action| Bson::text(action)).collect());
        Bson::document([("resource", resource), ("actions", actions)])
    }

    fn of(database: &str) -> Bson {
        Bson::document([("db", Bson::text(database)), ("collection", Bson::text(""))])
    }

    fn answer(privileges: Vec<Bson>) -> Bson {
        let info = Bson::document([("authenticatedUserPrivileges", Bson::Array(privileges))]);
        Bson::document([("authInfo", info)])
    }

    #[test]
    fn rights_of_this_database_and_of_all_count_and_those_of_another_do_not() {
        let whole = [privilege(of("openim_v3"), &NEEDED)];
        let everywhere = [privilege(of(""), &NEEDED)];
        let anything = [privilege(Bson::document([("anyResource", Bson::Bool(true))]), &["anyAction"])];
        for privileges in [whole, everywhere, anything] {
            assert_eq!(missing(&answer(privileges.to_vec()), "openim_v3"), [""; 0]);
        }
        let elsewhere = vec![privilege(of("openim_v3"), &["find"]), privilege(of("chat"), &NEEDED)];
        assert_eq!(missing(&answer(elsewhere), "openim_v3"), ["insert", "update", "remove", "createIndex"]);
        assert_eq!(missing(&answer(Vec::new()), "openim_v3"), NEEDED);
    }

    #[test]
    fn a_server_that_lists_nothing_is_not_judged() {
        let unknown = Bson::document([("ok", Bson::Double(0.0)), ("code", Bson::Int(59))]);
        assert_eq!(missing(&unknown, "openim_v3"), [""; 0]);
    }
}
