//! What others contribute to a decision: opinions, councils, verifications on site.

use dean_aggregates::personal::PersonalText;
use dean_aggregates::project::action::{Action, Attendee, Council, CouncilOffice, Opinion, SiteVerification, Stance};

use super::super::names;
use super::Making;

impl Making<'_> {
    pub(super) fn opine(&mut self) -> Action {
        let asks_for_less = self.dice().chance(20);
        let (stance, text) = if asks_for_less {
            (
                Stance::AgreeWithChanges,
                "Thống nhất hỗ trợ; đề nghị rà soát dự toán theo đơn giá hiện hành",
            )
        } else {
            (Stance::Agree, "Thống nhất nội dung và mức kinh phí đề nghị hỗ trợ")
        };
        Action::GiveOpinion(Opinion {
            stance,
            text: text.to_owned(),
            recommended: Some(self.project.figures().requested),
        })
    }

    pub(super) fn verify(&mut self) -> Action {
        Action::VerifyOnSite(SiteVerification {
            verified_on: self.on,
            minutes: format!("{:02}/BB-KTTT", self.dice().between(1, 90)),
            confirmed: true,
            result: "Thực tế tại cơ sở đúng với lý do đề nghị điều chỉnh".to_owned(),
        })
    }

    /// Seven or nine members, all or all but one there.
    pub(super) fn council(&mut self, pass: bool) -> Council {
        let members: u16 = if self.dice().chance(50) { 7 } else { 9 };
        let there = if self.dice().chance(60) { members } else { members - 1 };
        let present: Vec<Attendee> = (0..there)
            .map(|seat| Attendee {
                name: PersonalText::new(names::person(self.dice())),
                office: match seat {
                    0 => CouncilOffice::Chair,
                    1 => CouncilOffice::Secretary,
                    _ => CouncilOffice::Member,
                },
            })
            .collect();
        let (votes_for, votes_against) = if pass { (there, 0) } else { (1, there - 1) };
        Council {
            decision: format!("{}/QĐ-HĐTĐ", self.dice().between(10, 300)),
            members,
            present,
            votes_for,
            votes_against,
            minutes: format!("{:02}/BB-HĐTĐ", self.dice().between(1, 90)),
            held_on: self.on,
        }
    }
}
