// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;

/**
 * A map that does not change. A copy of it with one entry more or less shares all but a few of its
 * entries, so that it costs little whatever their number, and so do two copies' differences.
 */
final class SharingMap<K, V> extends AbstractMap<K, V> {
  private static final int MAX_PER_BUCKET = 8; // on average
  private static final SharingMap<Object, Object> EMPTY = new SharingMap<>(new Object[1][], 0);

  /**
   * By the key's hash; each has keys and values in turn, null: none. Their number is a power of 2.
   */
  private final Object[][] buckets;

  private final int size;

  private SharingMap(Object[][] buckets, int size) {
    this.buckets = buckets;
    this.size = size;
  }

  @SuppressWarnings("unchecked") // it has neither keys nor values
  static <K, V> SharingMap<K, V> empty() {
    return (SharingMap<K, V>) EMPTY;
  }

  /** A map that does not change with these entries: the same where it is one already. */
  static <K, V> Map<K, V> copyOf(Map<K, V> map) {
    return map instanceof SharingMap ? map : Map.copyOf(map);
  }

  /** Elements that do not change: the same where they are some map's keys. */
  static <K> Set<K> copyOf(Set<K> set) {
    return set instanceof Keys ? set : Set.copyOf(set);
  }

  /** These entries. */
  static <K, V> SharingMap<K, V> of(Map<K, V> entries) {
    SharingMap<K, V> map = empty();
    return map.filled(bucketsFor(entries.size()), entries);
  }

  /** This map with a key that has this value. */
  SharingMap<K, V> with(K key, V value) {
    int at = bucket(key, buckets.length);
    Object[] old = buckets[at];
    int place = place(old, key);
    if (place >= 0) {
      if (old[place + 1] == value) {
        return this;
      }
      Object[] changed = old.clone();
      changed[place + 1] = value;
      return replaced(at, changed, size);
    }
    if (size >= MAX_PER_BUCKET * buckets.length) {
      return filled(2 * buckets.length, this).with(key, value);
    }
    return replaced(at, appended(old, key, value), size + 1);
  }

  /** This map without a key. */
  SharingMap<K, V> without(Object key) {
    int at = bucket(key, buckets.length);
    Object[] old = buckets[at];
    int place = place(old, key);
    if (place < 0) {
      return this;
    }
    if (size == 1) {
      return empty();
    }
    if (size < buckets.length) {
      return filled(bucketsFor(size), this).without(key); // these are fewer
    }
    Object[] changed = null;
    if (old.length > 2) {
      changed = Arrays.copyOf(old, old.length - 2);
      if (place < changed.length) {
        changed[place] = old[old.length - 2];
        changed[place + 1] = old[old.length - 1];
      }
    }
    return replaced(at, changed, size - 1);
  }

  /** The keys of one set that another has not. */
  static <K> Set<K> onlyIn(Set<K> one, Set<K> other) {
    Set<K> only = new HashSet<>();
    if (one instanceof Keys<K> mine
        && other instanceof Keys<K> theirs
        && mine.buckets().length == theirs.buckets().length) {
      for (int i = 0; i < mine.buckets().length; i++) {
        Object[] bucket = mine.buckets()[i];
        if (bucket != null && bucket != theirs.buckets()[i]) {
          for (int j = 0; j < bucket.length; j += 2) {
            if (place(theirs.buckets()[i], bucket[j]) < 0) {
              only.add(key(bucket, j));
            }
          }
        }
      }
      return only;
    }
    one.stream().filter(key -> !other.contains(key)).forEach(only::add);
    return only;
  }

  @Override
  public V get(Object key) {
    Object[] bucket = buckets[bucket(key, buckets.length)];
    int place = place(bucket, key);
    return place < 0 ? null : value(bucket, place);
  }

  @Override
  public boolean containsKey(Object key) {
    return place(buckets[bucket(key, buckets.length)], key) >= 0;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public Set<K> keySet() {
    return new Keys<>(this);
  }

  @Override
  public Set<Entry<K, V>> entrySet() {
    return new AbstractSet<>() {
      @Override
      public Iterator<Entry<K, V>> iterator() {
        return new Entries<>(buckets);
      }

      @Override
      public int size() {
        return size;
      }
    };
  }

  private SharingMap<K, V> replaced(int at, Object[] bucket, int newSize) {
    Object[][] changed = buckets.clone();
    changed[at] = bucket;
    return new SharingMap<>(changed, newSize);
  }

  private SharingMap<K, V> filled(int count, Map<K, V> entries) {
    Object[][] filled = new Object[count][];
    for (Entry<K, V> entry : entries.entrySet()) {
      int at = bucket(entry.getKey(), count);
      filled[at] = appended(filled[at], entry.getKey(), entry.getValue());
    }
    return new SharingMap<>(filled, entries.size());
  }

  private static Object[] appended(Object[] bucket, Object key, Object value) {
    int length = bucket == null ? 0 : bucket.length;
    Object[] appended = length == 0 ? new Object[2] : Arrays.copyOf(bucket, length + 2);
    appended[length] = key;
    appended[length + 1] = value;
    return appended;
  }

  private static int bucketsFor(int size) {
    int count = 1;
    while (count * MAX_PER_BUCKET / 2 < size) {
      count *= 2;
    }
    return count;
  }

  private static int bucket(Object key, int count) {
    int hash = key.hashCode() * 0x9e3779b9; // addresses of a block differ in few bits
    return hash >>> 16 & count - 1;
  }

  /** Where in a bucket a key is; negative: nowhere. */
  private static int place(Object[] bucket, Object key) {
    if (bucket != null) {
      for (int i = 0; i < bucket.length; i += 2) {
        if (bucket[i].equals(key)) {
          return i;
        }
      }
    }
    return -1;
  }

  @SuppressWarnings("unchecked") // only keys are put there
  private static <K> K key(Object[] bucket, int place) {
    return (K) bucket[place];
  }

  @SuppressWarnings("unchecked") // only values are put there
  private static <V> V value(Object[] bucket, int place) {
    return (V) bucket[place + 1];
  }

  /** A map's keys. */
  private static final class Keys<K> extends AbstractSet<K> {
    private final SharingMap<K, ?> map;

    Keys(SharingMap<K, ?> map) {
      this.map = map;
    }

    Object[][] buckets() {
      return map.buckets;
    }

    @Override
    public boolean contains(Object key) {
      return map.containsKey(key);
    }

    @Override
    public int size() {
      return map.size;
    }

    @Override
    public Iterator<K> iterator() {
      return new KeyIterator<>(new Entries<>(map.buckets));
    }
  }

  private record KeyIterator<K, V>(Iterator<Entry<K, V>> entries) implements Iterator<K> {
    @Override
    public boolean hasNext() {
      return entries.hasNext();
    }

    @Override
    public K next() {
      return entries.next().getKey();
    }
  }

  private static final class Entries<K, V> implements Iterator<Entry<K, V>> {
    private final Object[][] buckets;
    private int bucket = -1;
    private int place;

    Entries(Object[][] buckets) {
      this.buckets = buckets;
      nextBucket();
    }

    private void nextBucket() {
      place = 0;
      do {
        bucket++;
      } while (bucket < buckets.length && buckets[bucket] == null);
    }

    @Override
    public boolean hasNext() {
      return bucket < buckets.length;
    }

    @Override
    public Entry<K, V> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      Object[] from = buckets[bucket];
      K key = key(from, place);
      V value = value(from, place);
      place += 2;
      if (place == from.length) {
        nextBucket();
      }
      return Map.entry(key, value);
    }
  }
}
