// SPDX-License-Identifier: Apache-2.0
/* What starting and ending any static program costs. */
int main(void) {
    return 0;
}
