/* Whether a sanitizer is built in. Memory and speed then say nothing about gchatd: limits on them aren't
 * checked. */
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) /* gcc */
#define TD_SANITIZED 1
#elif defined(__has_feature) /* clang */
#define TD_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define TD_SANITIZED 0
#endif
