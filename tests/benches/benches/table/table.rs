//! A table of ratios, printed as Markdown.

use std::fmt;

/// The measured figures, and their limits.
#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
}

struct Row {
    what: String,
    ours: f64,
    peer: Option<f64>,
    /// The limit of the ratio to the peer, or of the figure if there is no peer.
    limit: Option<f64>,
    /// The run fails beyond this, and not at the limit.
    guard: Option<f64>,
}

impl Table {
    /// A row with a peer. `limit` is the limit of the ratio. Without a limit the row cannot fail.
    pub fn row(&mut self, what: &str, ours: f64, peer: f64, limit: Option<f64>) {
        self.push(Row { what: what.to_owned(), ours, peer: Some(peer), limit, guard: limit });
    }

    /// The same for a figure that depends on the scheduler.
    /// Beyond the limit it is marked as missed, and only beyond the guard it fails.
    pub fn row_guarded(&mut self, what: &str, ours: f64, peer: f64, limit: f64, guard: f64) {
        self.push(Row { what: what.to_owned(), ours, peer: Some(peer), limit: Some(limit), guard: Some(guard) });
    }

    /// A row without a peer.
    pub fn row_alone(&mut self, what: &str, ours: f64, limit: f64) {
        self.push(Row { what: what.to_owned(), ours, peer: None, limit: Some(limit), guard: Some(limit) });
    }

    /// Whether no row exceeds its guard.
    pub fn is_within_limits(&self) -> bool {
        self.rows.iter().all(|row| row.is_within(row.guard) != Some(false))
    }

    fn push(&mut self, row: Row) {
        eprintln!("{row}");
        self.rows.push(row);
    }
}

impl Row {
    fn ratio(&self) -> Option<f64> {
        self.peer.map(|peer| self.ours / peer)
    }

    fn is_within(&self, limit: Option<f64>) -> Option<bool> {
        // Not `>`: a NaN is not within a limit.
        limit.map(|limit| self.ratio().unwrap_or(self.ours) <= limit)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | ours | peer | ratio | at most | |")?;
        writeln!(f, "|---|--:|--:|--:|--:|---|")?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |number: Option<f64>| match number {
            None => "–".to_owned(),
            Some(number) if number.abs() < 1_000.0 && number.fract() != 0.0 => format!("{number:.1}"),
            Some(number) => format!("{number:.0}"),
        };
        let ratio = self.ratio().map_or("–".to_owned(), |ratio| format!("{ratio:.2}"));
        let limit = self.limit.map_or("–".to_owned(), |limit| format!("{limit:.2}"));
        let verdict = self.is_within(self.limit).map_or("", |is_within| if is_within { "ok" } else { "**missed**" });
        let (what, ours, peer) = (&self.what, number(Some(self.ours)), number(self.peer));
        write!(f, "| {what} | {ours} | {peer} | {ratio} | {limit} | {verdict} |")
    }
}
