//! Where everything stands: the awaited course in one column from top to bottom, other states in a second column beside it, and between
//! and beside them one vertical line for each side path, joined by every state that it leaves. Pixels.

use std::collections::BTreeMap;

use super::{Move, course, moves};
use crate::lifecycle::{Lifecycle, State, Step};

pub(super) const NODE_WIDTH: u32 = 250;
pub(super) const LINE_HEIGHT: u32 = 17;
pub(super) const MARGIN: u32 = 24;
/// Between two rows of the course: room for the words of the step.
const ROW_GAP: u32 = 46;
/// Between two lines of side paths.
const LANE: u32 = 16;
/// Between two ends of lines at one side of a box.
const PORT: u32 = 13;
/// Characters of a title in one line of a box.
const LINE_CHARS: usize = 32;
const TITLE_HEIGHT: u32 = 44;

/// A state's box.
pub(super) struct Node<'a> {
    pub(super) state: &'a State,
    pub(super) lines: Vec<String>,
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) height: u32,
}

/// A step of the course, between two boxes of it.
pub(super) struct Course<'a> {
    pub(super) step: &'a Step,
    pub(super) from_y: u32,
    pub(super) to_y: u32,
}

/// A side path.
pub(super) struct Side<'a> {
    pub(super) number: usize,
    pub(super) step: &'a Step,
    pub(super) to: &'a State,
    pub(super) main: bool,
    /// Where its vertical line runs.
    pub(super) x: u32,
    /// Ends at the states that it leaves: edge of the box, height.
    pub(super) from: Vec<(u32, u32)>,
    /// End at the state that it leads to.
    pub(super) target: (u32, u32),
}

pub(super) struct Layout<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) start: Option<&'a Step>,
    pub(super) course: Vec<Course<'a>>,
    pub(super) sides: Vec<Side<'a>>,
    pub(super) course_x: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// Which side of a box a line joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Edge {
    Left,
    Right,
}

/// A side path before it has a place.
struct Plan<'a> {
    movement: Move<'a>,
    /// Left of the course, or between it and the other states.
    left: bool,
}

pub(super) fn layout(lifecycle: &Lifecycle) -> Layout<'_> {
    let course_steps = course(lifecycle);
    let spine: Vec<&str> = course_steps.iter().map(|(state, _)| *state).collect();
    let plans = plans(lifecycle, &course_steps);
    let (left, right): (Vec<usize>, Vec<usize>) = (0..plans.len()).partition(|index| plans[*index].left);
    let lanes = |count: usize| u32::try_from(count).unwrap_or(0) * LANE + 2 * LANE;
    let course_x = MARGIN + lanes(left.len());
    let other_x = course_x + NODE_WIDTH + lanes(right.len());

    let ports = ports(&plans, &spine);
    let count = |state: &str, edge| ports.get(&(state, edge)).map_or(0, Vec::len);
    let tallest = |state: &str| u32::try_from(count(state, Edge::Left).max(count(state, Edge::Right))).unwrap_or(0);
    let mut nodes: Vec<Node<'_>> = Vec::new();
    let mut course_y = MARGIN + TITLE_HEIGHT + ROW_GAP;
    let mut other_y = course_y;
    // The course first: the others stand beside what they come from.
    for id in &spine {
        if let Some(node) = boxed(lifecycle, id, course_x, course_y, tallest(id)) {
            course_y += node.height + ROW_GAP;
            nodes.push(node);
        }
    }
    let beside = |state: &State| {
        let into = plans.iter().filter(|plan| plan.movement.to == state.id);
        into.flat_map(|plan| &plan.movement.from)
            .filter_map(|from| nodes.iter().find(|node| node.state.id == **from))
            .map(|node| node.y)
            .min()
            .unwrap_or(course_y)
    };
    let off_course = lifecycle
        .states
        .iter()
        .filter(|state| !spine.contains(&state.id.as_str()));
    let mut others: Vec<(u32, &State)> = off_course.map(|state| (beside(state), state)).collect();
    others.sort_by_key(|(y, _)| *y);
    for (beside, state) in others {
        let y = other_y.max(beside);
        if let Some(node) = boxed(lifecycle, &state.id, other_x, y, tallest(&state.id)) {
            other_y = y + node.height + ROW_GAP / 2;
            nodes.push(node);
        }
    }
    let sides = place(&plans, &ports, &nodes, (&left, &right), course_x);
    let course = joined(&course_steps, &nodes);
    Layout {
        start: lifecycle.start(),
        course,
        sides,
        course_x,
        width: other_x + NODE_WIDTH + MARGIN,
        height: course_y.max(other_y),
        nodes,
    }
}

/// Every move that is not one step down the course.
fn plans<'a>(lifecycle: &'a Lifecycle, course: &[(&'a str, Option<&'a Step>)]) -> Vec<Plan<'a>> {
    let is_course = |movement: &Move<'_>, from: &str| {
        course.windows(2).any(|pair| {
            pair[0].0 == from && pair[1].0 == movement.to && pair[1].1.is_some_and(|step| step.id == movement.step.id)
        })
    };
    let on_course = |state: &str| course.iter().any(|(known, _)| *known == state);
    moves(lifecycle)
        .into_iter()
        .filter_map(|mut movement| {
            let from: Vec<&str> = movement
                .from
                .iter()
                .copied()
                .filter(|from| !is_course(&movement, from))
                .collect();
            if from.is_empty() {
                return None;
            }
            movement.main = from.iter().any(|from| movement.step.is_main_from(from));
            movement.from = from;
            let left = on_course(movement.to) && movement.from.iter().all(|from| on_course(from));
            Some(Plan { movement, left })
        })
        .collect()
}

/// Which lines end at which side of which box, from the top; a line is named by its index, its arrow's end by `true`.
type Ports<'a> = BTreeMap<(&'a str, Edge), Vec<(usize, bool)>>;

fn ports<'a>(plans: &[Plan<'a>], spine: &[&str]) -> Ports<'a> {
    let mut ports: Ports<'a> = BTreeMap::new();
    for (index, plan) in plans.iter().enumerate() {
        let edge = |state: &str| {
            if plan.left || !spine.contains(&state) {
                Edge::Left
            } else {
                Edge::Right
            }
        };
        let movement = &plan.movement;
        for from in &movement.from {
            ports.entry((from, edge(from))).or_default().push((index, false));
        }
        ports
            .entry((movement.to, edge(movement.to)))
            .or_default()
            .push((index, true));
    }
    ports
}

fn boxed<'a>(lifecycle: &'a Lifecycle, id: &str, x: u32, y: u32, ports: u32) -> Option<Node<'a>> {
    let state = lifecycle.state(id)?;
    let lines = wrapped(&state.vi, LINE_CHARS);
    let of_text = u32::try_from(lines.len()).unwrap_or(1) * LINE_HEIGHT + 22;
    Some(Node {
        state,
        lines,
        x,
        y,
        height: of_text.max((ports + 1) * PORT),
    })
}

fn place<'a>(
    plans: &[Plan<'a>],
    ports: &Ports<'a>,
    nodes: &[Node<'a>],
    (left, right): (&[usize], &[usize]),
    course_x: u32,
) -> Vec<Side<'a>> {
    let end = |state: &str, wanted: (usize, bool)| {
        [Edge::Left, Edge::Right].into_iter().find_map(|edge| {
            let all = ports.iter().find(|(key, _)| **key == (state, edge))?.1;
            let port = all.iter().position(|known| *known == wanted)?;
            let node = nodes.iter().find(|node| node.state.id == state)?;
            let x = match edge {
                Edge::Left => node.x,
                Edge::Right => node.x + NODE_WIDTH,
            };
            let share = u32::try_from(port + 1).ok()? * node.height / (u32::try_from(all.len()).ok()? + 1);
            Some((x, node.y + share))
        })
    };
    let mut sides = Vec::new();
    for (index, plan) in plans.iter().enumerate() {
        let lane = |lanes: &[usize]| {
            let at = lanes.iter().position(|lane| *lane == index).unwrap_or(0);
            u32::try_from(at).unwrap_or(0) * LANE + LANE + LANE / 2
        };
        let x = if plan.left {
            course_x - lane(left)
        } else {
            course_x + NODE_WIDTH + lane(right)
        };
        let movement = &plan.movement;
        let to = nodes.iter().find(|node| node.state.id == movement.to);
        let (Some(to), Some(target)) = (to, end(movement.to, (index, true))) else {
            continue;
        };
        sides.push(Side {
            number: sides.len() + 1,
            step: movement.step,
            to: to.state,
            main: movement.main,
            x,
            from: movement
                .from
                .iter()
                .filter_map(|from| end(from, (index, false)))
                .collect(),
            target,
        });
    }
    sides
}

/// The steps between the boxes of the course.
fn joined<'a>(course: &[(&'a str, Option<&'a Step>)], nodes: &[Node<'a>]) -> Vec<Course<'a>> {
    let of = |id: &str| nodes.iter().find(|node| node.state.id == id);
    course
        .windows(2)
        .filter_map(|pair| {
            let (above, below) = (of(pair[0].0)?, of(pair[1].0)?);
            Some(Course {
                step: pair[1].1?,
                from_y: above.y + above.height,
                to_y: below.y,
            })
        })
        .collect()
}

/// Breaks a text at its spaces.
pub(super) fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
