// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestFrameTest {
  @Test
  void aHeadIsRead() throws Exception {
    assertThat(RequestFrame.parse(head(RequestFrame.MAGIC, 1, 2, 65536, 1 << 20)))
        .isEqualTo(new RequestFrame(1, 2, 65536, 1 << 20));
  }

  @ParameterizedTest
  @CsvSource({
    "2,0,10,10,1,'protocol 2, the agent 1'",
    "0,0,10,10,1,'protocol 0, the agent 1'",
    "1,1,10,10,5,1 descriptors are announced",
    "1,65535,10,10,5,65535 descriptors are announced",
    "1,0,65537,10,5,at most 65536 and 1048576",
    "1,0,10,1048577,5,at most 65536 and 1048576",
    "1,0,-1,-1,5,environment of 4294967295"
  })
  void aHeadOutOfBoundsIsRefused(
      int version, int descriptors, int environment, int stdin, int code, String words) {
    CniException refused =
        catchThrowableOfType(
            CniException.class,
            () ->
                RequestFrame.parse(
                    head(RequestFrame.MAGIC, version, descriptors, environment, stdin)));

    assertThat(refused.code().number()).isEqualTo(code);
    assertThat(refused.getMessage() + ": " + refused.details()).contains(words);
  }

  @Test
  void anotherMagicIsNoRequestOfOurs() {
    assertThatThrownBy(() -> RequestFrame.parse("GET / HTTP/1.1\r\n".getBytes()))
        .isInstanceOf(NotOurProtocolException.class);
  }

  @Test
  void theEnvironmentIsRead() throws Exception {
    assertThat(environment("A=b\0C=\0D=e=f\0"))
        .containsEntry("A", "b")
        .containsEntry("C", "")
        .containsEntry("D", "e=f")
        .hasSize(3);
    assertThat(environment("")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"A=b,no list", "A~,no list", "=b~,no list", "A=b~~,no list", "A=b~A=c~,two A"})
  void anEnvironmentThatIsNoneIsRefused(String text, String words) {
    CniException refused =
        catchThrowableOfType(CniException.class, () -> environment(text.replace('~', '\0')));

    assertThat(refused.details()).contains(words);
  }

  @Property(tries = 2000)
  void randomBytesAreReadOrRefused(@ForAll @Size(16) byte[] head, @ForAll byte[] environment) {
    try {
      RequestFrame frame = RequestFrame.parse(head);
      assertThat(frame.environmentLength()).isBetween(0L, 65536L);
      assertThat(frame.stdinLength()).isBetween(0L, 1L << 20);
    } catch (CniException | NotOurProtocolException e) {
      assertThat(e).hasMessageMatching("(?s).+");
    }
    try {
      assertThat(RequestFrame.environment(environment)).doesNotContainKey("");
    } catch (CniException e) {
      assertThat(e.details()).isNotEmpty();
    }
  }

  static byte[] head(int magic, int version, int descriptors, int environment, int stdin) {
    return ByteBuffer.allocate(RequestFrame.HEAD_BYTES)
        .putInt(magic)
        .putShort((short) version)
        .putShort((short) descriptors)
        .putInt(environment)
        .putInt(stdin)
        .array();
  }

  private static Map<String, String> environment(String text) throws CniException {
    return RequestFrame.environment(text.getBytes(StandardCharsets.UTF_8));
  }
}
