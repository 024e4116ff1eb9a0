//! Work that can be shared out, kept and put together again: items by number, files of what some of them gave, and
//! the answer from all of them.
//!
//! A long computation is a list of *items*: runs of a simulation, rows of a phase diagram, rounds of a search, cells of
//! a matrix. Each is known by its number in the whole computation, has a random stream of its own that this number
//! names, and gives a *part* that depends on nothing else. So it does not matter who does which item, when, and how
//! often the work was broken off: the answer is made from all parts in the order of their numbers.
//!
//! | what | module |
//! |---|---|
//! | which items a shard has ([`Shard`], [`Items`]) | `items` |
//! | files of parts: shards, checkpoints ([`Header`], [`Reader`]) | `file` |
//! | what a command says of its items ([`Work`]) and the file that grows with them ([`Journal`]) | `work`, `journal` |
//! | the checkpoint of work that is one piece | `snapshot` |
//! | putting files together ([`join`]) | `join` |

mod file;
mod items;
mod join;
mod journal;
mod snapshot;
mod work;

pub use file::{Begun, Contents, FORMAT, Header, Origin, Reader, Refused, shard_file};
pub use items::{Items, Progression, Shard};
pub use join::{Joined, join};
pub use journal::{Journal, Keeper};
pub use snapshot::{read_snapshot, write_snapshot};
pub use work::{Parts, Work};
