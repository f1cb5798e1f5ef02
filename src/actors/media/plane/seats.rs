//! Places for the peers of a shard, reached by index and never confused after they changed hands.

/// A peer's place on its shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeerKey {
    index: u32,
    generation: u32,
}

impl PeerKey {
    /// Its number among the peers of the shard.
    pub(super) fn index(self) -> u32 {
        self.index
    }
}

#[cfg(test)]
impl PeerKey {
    /// Two keys, for tests of what only tells them apart.
    pub(crate) fn samples() -> [Self; 2] {
        [0, 1].map(|index| Self {
            index,
            generation: 0,
        })
    }
}

/// The places.
#[derive(Debug)]
pub(super) struct Seats<T> {
    places: Vec<Place<T>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Place<T> {
    generation: u32,
    /// Boxed: it is large, and moves never.
    taken: Option<Box<T>>,
}

impl<T> Seats<T> {
    pub(super) fn new() -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
        }
    }

    /// Seats what `make` makes of its key. The caller bounds how many there are.
    pub(super) fn insert(&mut self, make: impl FnOnce(PeerKey) -> T) -> PeerKey {
        let index = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place {
                generation: 0,
                taken: None,
            });
            u32::try_from(self.places.len() - 1).expect("fewer than 2^32 peers")
        });
        let place = &mut self.places[index as usize];
        let generation = place.generation;
        let key = PeerKey { index, generation };
        place.taken = Some(Box::new(make(key)));
        key
    }

    pub(super) fn remove(&mut self, key: PeerKey) -> Option<Box<T>> {
        let place = self.places.get_mut(key.index as usize)?;
        if place.generation != key.generation {
            return None;
        }
        let taken = place.taken.take()?;
        place.generation = place.generation.wrapping_add(1);
        self.free.push(key.index);
        Some(taken)
    }

    pub(super) fn get(&self, key: PeerKey) -> Option<&T> {
        let place = self.places.get(key.index as usize)?;
        let current = place.generation == key.generation;
        place.taken.as_deref().filter(|_| current)
    }

    pub(super) fn get_mut(&mut self, key: PeerKey) -> Option<&mut T> {
        let place = self.places.get_mut(key.index as usize)?;
        let current = place.generation == key.generation;
        place.taken.as_deref_mut().filter(|_| current)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.places
            .iter_mut()
            .filter_map(|it| it.taken.as_deref_mut())
    }

    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_key_does_not_open_a_place_that_changed_hands() {
        let mut seats = Seats::new();
        let first = seats.insert(|_| "first");
        let second = seats.insert(|_| "second");
        assert_eq!(seats.remove(first).as_deref(), Some(&"first"));
        assert_eq!(seats.remove(first), None);
        let third = seats.insert(|_| "third");
        assert_ne!(first, third);
        assert_eq!(seats.get(first), None);
        assert_eq!(seats.get(second), Some(&"second"));
        assert_eq!(seats.get_mut(third), Some(&mut "third"));
        assert_eq!(seats.len(), 2);
    }
}
