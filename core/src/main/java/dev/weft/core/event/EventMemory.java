// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.event;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which Events were written lately, so that one that is repeated raises a count instead of making
 * another, once a minute at most. It remembers the last {@value #REMEMBERED}; one that is forgotten
 * is written again. Not thread-safe.
 */
public final class EventMemory {
  /** The longest name of an object of Kubernetes. */
  static final int MAX_NAME = 253;

  private static final int REMEMBERED = 512;
  private static final long PAUSE_NANOS = Duration.ofMinutes(1).toNanos();

  /** A long in hexadecimal digits. */
  private static final int SERIAL_DIGITS = 16;

  private final Map<EventSubject, Series> written =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<EventSubject, Series> eldest) {
          return size() > REMEMBERED;
        }
      };

  private long serial;

  /**
   * Remembers nothing yet.
   *
   * @param firstSerial what makes the names of this process's Events differ from those of an
   *     earlier one
   */
  public EventMemory(long firstSerial) {
    this.serial = firstSerial;
  }

  /**
   * Takes the news that something happened.
   *
   * @param nowNanos a time that only grows
   * @return how to write it; empty where it is only counted, to be written with a later one
   */
  public Optional<EventWrite> happened(EventSubject subject, long nowNanos) {
    Series series = written.get(subject);
    if (series == null) {
      series = new Series(nextName(subject.name()), nowNanos);
      written.put(subject, series);
      return Optional.of(new EventWrite(series.name, 1, false));
    }
    series.count++;
    if (nowNanos - series.writtenNanos < PAUSE_NANOS) {
      return Optional.empty();
    }
    series.writtenNanos = nowNanos;
    return Optional.of(new EventWrite(series.name, series.count, true));
  }

  /** How to write an Event whose count could not be raised, since the server has it no more. */
  public EventWrite again(EventSubject subject, EventWrite lost) {
    String name = nextName(subject.name());
    Series series = written.get(subject);
    if (series != null) {
      series.name = name;
    }
    return new EventWrite(name, lost.count(), false);
  }

  /** A label of a DNS subdomain ends in a letter or digit, also where it is cut. */
  private String nextName(String object) {
    int length = Math.min(object.length(), MAX_NAME - 1 - SERIAL_DIGITS);
    while (length > 0 && !Character.isLetterOrDigit(object.charAt(length - 1))) {
      length--;
    }
    return object.substring(0, length) + "." + Long.toHexString(serial++);
  }

  private static final class Series {
    private String name;
    private int count = 1;
    private long writtenNanos;

    Series(String name, long writtenNanos) {
      this.name = name;
      this.writtenNanos = writtenNanos;
    }
  }
}
