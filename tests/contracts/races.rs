//! What happens at the same moment, from one process or from two that share nothing but the database.

use dean_test_support::{Client, Server, TestDatabase};
use serde_json::{Value, json};

use crate::MILLION;
use crate::life::*;

#[test]
fn races_leave_one_contract_and_one_amendment_on_sqlite() {
    races(&TestDatabase::sqlite(), 1);
}

/// Two processes, which share nothing but the database.
#[test]
fn races_leave_one_contract_and_one_amendment_on_postgresql() {
    races(&TestDatabase::postgres(), 2);
}

fn races(database: &TestDatabase, processes: usize) {
    let servers: Vec<Server> = (0..processes).map(|_| Server::start(database, &[])).collect();
    let clients: Vec<Client> = servers.iter().map(|server| Client::new(server.base_url())).collect();
    let client = &clients[0];
    let projects: Vec<String> = (0..6).map(|_| approved(client)).collect();
    // Six contracts, each over two neighbours of a ring: no đề án may be in two.
    let signings = (0..6).map(|index| {
        let two = [&projects[index], &projects[(index + 1) % 6]];
        (
            "contracts".to_owned(),
            signing(&format!("{index}/2026/HĐ-KC"), &two, 250),
        )
    });
    let answers = at_once(&clients, signings.collect());
    let signed: Vec<usize> = (0..6).filter(|index| answers[*index].0 == 201).collect();
    assert!((1..=3).contains(&signed.len()), "{answers:#?}");
    let mut contracted = vec![false; 6];
    for index in &signed {
        for project in [*index, (*index + 1) % 6] {
            assert!(!contracted[project], "in two contracts: {answers:#?}");
            contracted[project] = true;
        }
    }
    for (project, contracted) in projects.iter().zip(&contracted) {
        let expected = if *contracted { "contracted" } else { "approved" };
        assert_eq!(state(client, project), expected, "what was refused left nothing");
    }
    for (status, problem) in answers.iter().filter(|(status, _)| *status != 201) {
        let expected = json!("no-step");
        assert_eq!((*status, &problem["code"]), (422, &expected), "{problem}");
    }
    // Appendices: the detailed estimate has room for one of the eight.
    let contract = answers[signed[0]].1["id"].as_str().expect("an id").to_owned();
    let two = [signed[0], (signed[0] + 1) % 6];
    let amendments = (0..8).map(|number| {
        let details = json!({
            "number": format!("{number}/PLHĐ"), "decision": paper("31/QĐ-CT"), "reason": "Khối lượng tăng.",
            "values": [{"project": projects[two[number % 2]], "value": 300 * MILLION}],
        });
        (format!("contracts/{contract}/appendices"), details)
    });
    let answers = at_once(&clients, amendments.collect());
    let accepted = answers.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!(accepted, 1, "{answers:#?}");
    for (_, problem) in answers.iter().filter(|(status, _)| *status != 200) {
        let codes = ["above-detailed-estimate", "nothing-changes"];
        assert!(codes.iter().any(|code| problem["code"] == *code), "{problem}");
    }
    let shown = contract_of(client, &contract);
    assert_eq!(shown["contract"]["figures"]["value"], 550 * MILLION, "{shown}");
    // The last two acceptances at once: both đề án have the one deadline.
    for index in two {
        for name in ["report-progress", "confirm-progress", "advance-first-some"] {
            step(client, &projects[index], name);
        }
    }
    let accepting: Vec<_> = two.iter().map(|index| accepting(&projects[*index])).collect();
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let tasks: Vec<_> = accepting
            .into_iter()
            .enumerate()
            .map(|(index, body)| {
                let client = &clients[index % clients.len()];
                scope.spawn(move || body.send(client))
            })
            .collect();
        tasks.into_iter().map(|task| task.join().expect("no panic")).collect()
    });
    assert_eq!(answers, [200, 200]);
    for client in &clients {
        let shown = contract_of(client, &contract);
        assert_eq!(shown["contract"]["figures"]["clock"]["due_on"], "2026-09-02", "{shown}");
        for index in two {
            let standing = standing(client, &projects[index]);
            let filing = standing["next_step"] == "submit-settlement";
            assert!(!filing || standing["due_on"] == "2026-09-02", "{standing}");
        }
    }
    signed_while_stopped(&clients);
    for server in servers {
        assert!(server.terminate().success());
    }
    Server::verify(database);
}

/// A đề án is signed and stopped at the same moment. The stop always holds; where the contract was faster, it knows of the stop, although
/// whoever stopped had not heard of a contract.
fn signed_while_stopped(clients: &[Client]) {
    // All approved first: the batch takes nothing dated before the stops that are booked in it.
    let projects: Vec<String> = (0..4).map(|_| approved(&clients[0])).collect();
    for (number, project) in (10..).zip(projects) {
        let details = signing(&format!("{number}/2026/HĐ-KC"), &[&project], 250);
        let (signed, stopped) = std::thread::scope(|scope| {
            let signed = scope.spawn(|| director().post(&clients[0], "contracts", &details));
            let stopped = scope.spawn(|| stop(&clients[clients.len() - 1], &project));
            (signed.join().expect("no panic"), stopped.join().expect("no panic"))
        });
        assert_eq!(stopped.status, 200, "{}", stopped.text());
        assert_eq!(state(&clients[0], &project), "stopped");
        let answer = signed.json();
        match signed.status {
            201 => {
                let shown = contract_of(&clients[0], answer["id"].as_str().expect("an id"));
                let account = &shown["contract"]["projects"][&project]["account"];
                assert_eq!(account["progression"]["ended"], "2026-02-03", "{shown}");
            }
            status => assert_eq!((status, &answer["code"]), (422, &json!("no-step")), "{answer}"),
        }
    }
}

#[test]
fn a_batch_decides_while_contracts_are_signed_on_sqlite() {
    decided_while_signed(&TestDatabase::sqlite(), 1);
}

/// Two processes, which share nothing but the database.
#[test]
fn a_batch_decides_while_contracts_are_signed_on_postgresql() {
    decided_while_signed(&TestDatabase::postgres(), 2);
}

/// One decision stops several đề án while each of them is signed, from just before to just after. It holds whoever is faster, and where a
/// contract was, it knows of it.
fn decided_while_signed(database: &TestDatabase, processes: usize) {
    const DECISIONS: usize = 4;
    let servers: Vec<Server> = (0..processes).map(|_| Server::start(database, &[])).collect();
    let clients: Vec<Client> = servers.iter().map(|server| Client::new(server.base_url())).collect();
    let (signs, decides) = (&clients[0], &clients[clients.len() - 1]);
    // All approved first: the batch takes nothing dated before the stops.
    let projects: Vec<String> = (0..3 * DECISIONS).map(|_| approved(signs)).collect();
    for (number, projects) in (10..).step_by(10).zip(projects.chunks(3)) {
        let (signed, stopped) = std::thread::scope(|scope| {
            let signing = |(index, project): (usize, &String)| {
                let details = signing(&format!("{}/2026/HĐ-KC", number + index), &[project], 250);
                scope.spawn(move || director().post(signs, "contracts", &details))
            };
            let signed: Vec<_> = projects.iter().enumerate().map(signing).collect();
            let stopped = scope.spawn(|| stop_by_batch(decides, number, projects));
            let signed: Vec<_> = signed.into_iter().map(|task| task.join().expect("no panic")).collect();
            (signed, stopped.join().expect("no panic"))
        });
        assert_eq!(stopped.status, 200, "{}", stopped.text());
        for (project, signed) in projects.iter().zip(signed) {
            assert_eq!(state(signs, project), "stopped");
            let answer = signed.json();
            if signed.status == 201 {
                let shown = contract_of(signs, answer["id"].as_str().expect("an id"));
                let account = &shown["contract"]["projects"][project]["account"];
                assert_eq!(account["progression"]["ended"], "2026-02-03", "{shown}");
            } else {
                assert_eq!((signed.status, &answer["code"]), (422, &json!("no-step")), "{answer}");
            }
        }
    }
    for server in servers {
        assert!(server.terminate().success());
    }
    Server::verify(database);
}

/// Posts all at once, by turns to each process; the answers in their order.
fn at_once(clients: &[Client], posts: Vec<(String, Value)>) -> Vec<(u16, Value)> {
    std::thread::scope(|scope| {
        let tasks: Vec<_> = posts
            .iter()
            .enumerate()
            .map(|(index, (path, details))| {
                let client = &clients[index % clients.len()];
                scope.spawn(move || {
                    let answer = director().post(client, path, details);
                    (answer.status, answer.json())
                })
            })
            .collect();
        tasks.into_iter().map(|task| task.join().expect("no panic")).collect()
    })
}
