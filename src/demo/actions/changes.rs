//! Changes of a running project: adjustments by each authority, stops, extensions, money carried over, force majeure, another procedure.

use chrono::Datelike;
use dean_aggregates::lifecycle::Authority;
use dean_aggregates::money::{Dong, Rate};
use dean_aggregates::project::action::{
    Action, Adjustment, CarryOver, Change, ContentPart, ForceMajeure, LifecycleMove, LineSupport, Stop, TimeExtension,
};
use dean_aggregates::project::content::Content;

use super::super::calendar::in_year;
use super::super::content::rounded;
use super::super::names;
use super::Making;

impl Making<'_> {
    pub(super) fn adjust(&mut self, authority: Authority) -> Option<Action> {
        let content = self.content()?.clone();
        let (reason, change) = match authority {
            Authority::Department => (
                "Đơn vị thụ hưởng trong nhóm đổi địa điểm sản xuất",
                self.other_place(content)?,
            ),
            Authority::Agency => {
                let cut = self.dice().chance(50);
                if cut {
                    ("Chi phí thực tế thấp hơn dự toán", self.other_support(&content, 85)?)
                } else {
                    (
                        "Thiết bị giao chậm, điều chỉnh thời gian trong năm",
                        self.other_time(&content)?,
                    )
                }
            }
            Authority::Province | Authority::Ministry => {
                let more = self.other_support(&content, 110);
                (
                    "Bổ sung kinh phí do khối lượng tăng",
                    more.or_else(|| self.other_support(&content, 90))?,
                )
            }
        };
        Some(Action::Adjust(Adjustment {
            decision: self.decision(),
            reason: reason.to_owned(),
            change,
        }))
    }

    pub(super) fn other_place(&mut self, mut content: Content) -> Option<Change> {
        let line = content.lines.first_mut()?;
        let commune =
            Some(names::commune(self.dice())).filter(|commune| line.place.commune.as_ref() != Some(commune))?;
        line.place.commune = Some(commune.clone());
        if let Some(beneficiary) = content.beneficiaries.first_mut() {
            beneficiary.place.commune = Some(commune);
        }
        Some(Change::Content {
            part: ContentPart::Place,
            content: Box::new(content),
        })
    }

    /// All lines × so many per cent, within the norms; `None` when nothing would change.
    pub(super) fn other_support(&self, content: &Content, percent: u32) -> Option<Change> {
        let mut lines = Vec::new();
        for line in &content.lines {
            let limit = self
                .rules
                .kind(&line.kind)
                .map_or(line.support, |kind| self.rules.limit(kind, line).limit);
            let support = rounded(line.support.share(Rate::percent(percent))).min(limit);
            if support != line.support {
                lines.push(LineSupport {
                    line: line.number,
                    support,
                });
            }
        }
        (!lines.is_empty()).then_some(Change::Support { lines })
    }

    pub(super) fn other_time(&self, content: &Content) -> Option<Change> {
        let ends_on = in_year(content.ends_on.year(), 12, 20);
        (ends_on != content.ends_on).then_some(Change::Time { ends_on })
    }

    pub(super) fn stop(&mut self, on_request: bool) -> Action {
        let reason = if on_request {
            "Đơn vị thụ hưởng đề nghị ngừng do không còn khả năng thực hiện"
        } else {
            "Sử dụng kinh phí không đúng mục đích, máy móc không phải máy mới"
        };
        Action::Stop(Stop {
            decision: self.decision(),
            on_request,
            reason: reason.to_owned(),
        })
    }

    pub(super) fn extend(&mut self) -> Option<Action> {
        let year = self.content()?.ends_on.year() + 1;
        Some(Action::ExtendTime(TimeExtension {
            decision: self.decision(),
            ends_on: in_year(year, 6, 28),
            reason: "Thiết bị nhập khẩu về chậm".to_owned(),
        }))
    }

    pub(super) fn carry_over(&mut self) -> Option<Action> {
        let amount = self.project.figures().approved.saturating_sub(self.project.net_paid());
        if amount == Dong::ZERO {
            return None;
        }
        let from_year = self.writer.subject.plan_year;
        Some(Action::CarryOverMoney(CarryOver {
            decision: self.decision(),
            amount,
            from_year,
            to_year: from_year + 1,
        }))
    }

    pub(super) fn force_majeure(&mut self) -> Action {
        let done = self
            .project
            .reported()
            .map_or(Dong::ZERO, |progress| progress.value_done);
        let cause = self.dice().pick(&[
            "Lũ quét làm hư hỏng nhà xưởng và thiết bị",
            "Bão làm sập nhà xưởng",
            "Dịch bệnh, cơ sở phải ngừng hoạt động",
        ]);
        Action::DeclareForceMajeure(ForceMajeure {
            cause: cause.to_owned(),
            value_confirmed: done,
        })
    }

    pub(super) fn move_lifecycle(&self) -> Option<Action> {
        let target = self.target?;
        (target.pin != *self.project.lifecycle_pin()).then(|| {
            Action::MoveLifecycle(LifecycleMove {
                version: target.pin.version.clone(),
                reason: "Áp dụng quy định mới cho đề án đang thực hiện".to_owned(),
            })
        })
    }
}
