// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Requests lists of one kind in pages that fit into a small heap, whatever size its objects have: a
 * page is in memory as a whole, twice. The first has {@value #FIRST} objects, of which each may be
 * as large as etcd takes them; from a page that is small the next has twice as many. One that gets
 * too large is given up: its list begins again, and no page has as many any more.
 */
final class ListPages implements Interceptor {
  /** So many always fit: an object of 1.5 MiB in etcd is at most about 4 MiB of JSON. */
  static final int FIRST = 3;

  /** A page below this many bytes is small. */
  static final int SMALL_BYTES = 1 << 20;

  /** A page above this many bytes is given up. */
  static final int MAX_BYTES = 12 << 20;

  private static final Pattern LIMIT = Pattern.compile("(?<=[?&]limit=)\\d+");

  private final String path;
  private int limit = FIRST;
  private int most = Integer.MAX_VALUE;
  private long lastBytes;

  /**
   * An interceptor.
   *
   * @param path with which the path of each list ends
   */
  ListPages(String path) {
    this.path = path;
  }

  /** A list's limit is the most that it gets. */
  @Override
  public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
    String uri = request.uri().toString();
    Matcher requested = LIMIT.matcher(uri);
    if (isList(request) && requested.find()) {
      int next = next(uri.contains("continue="), Integer.parseInt(requested.group()));
      builder.uri(URI.create(requested.replaceFirst(Integer.toString(next))));
    }
  }

  private boolean isList(HttpRequest request) {
    String query = request.uri().getQuery();
    return request.uri().getPath().endsWith(path)
        && query != null
        && !query.contains("watch=true")
        && query.contains("limit=");
  }

  private synchronized int next(boolean goesOn, int requested) {
    if (!goesOn) {
      limit = FIRST;
    } else if (lastBytes < SMALL_BYTES) {
      limit = Math.min(2 * limit, Math.min(requested, most));
    }
    lastBytes = 0;
    return limit;
  }

  @Override
  public AsyncBody.Consumer<List<ByteBuffer>> consumer(
      AsyncBody.Consumer<List<ByteBuffer>> consumer, HttpRequest request) {
    Matcher requested = LIMIT.matcher(request.uri().toString());
    if (!isList(request) || !requested.find()) {
      return consumer;
    }
    int objects = Integer.parseInt(requested.group());
    return new AsyncBody.Consumer<>() {
      private long bytes;

      @Override
      public void consume(List<ByteBuffer> value, AsyncBody body) throws Exception {
        bytes += value.stream().mapToInt(ByteBuffer::remaining).sum();
        if (!fits(objects, bytes)) {
          body.cancel();
          throw new IOException(
              "%d of %s are more than %d MiB: requested again, fewer at a time"
                  .formatted(objects, path.substring(1), MAX_BYTES >> 20));
        }
        consumer.consume(value, body);
      }

      @Override
      public <U> U unwrap(Class<U> target) {
        return consumer.unwrap(target);
      }
    };
  }

  private synchronized boolean fits(int objects, long bytes) {
    lastBytes = bytes;
    if (objects <= FIRST || bytes <= MAX_BYTES) {
      return true;
    }
    most = Math.max(FIRST, objects / 8);
    return false;
  }
}
