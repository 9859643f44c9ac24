/*
 * The conformance suite: what every engine must do. Each test gets a fresh store of one engine; its
 * name is the sentence it proves. CONFORMANCE(X) names all of them.
 */
#pragma once

#define CONFORMANCE(X)                                                                             \
	/* test_append.c */                                                                        \
	X(a_log_counts_from_one_without_a_gap)                                                     \
	X(logs_count_independently)                                                                \
	X(what_is_appended_is_read_back)                                                           \
	X(an_empty_body_is_not_an_erased_one)                                                      \
	X(a_body_of_64_kib_comes_back_whole)                                                       \
	X(time_never_goes_back_within_a_log)                                                       \
	X(thousands_of_logs_keep_their_own_heads)                                                  \
	X(ops_complete_in_the_order_of_submission)                                                 \
	X(on_batch_comes_once_after_the_ops_of_a_batch)                                            \
	X(ops_past_the_queue_limit_are_unavailable_in_their_turn)                                  \
	X(several_appends_are_stored_together)                                                     \
	X(several_appends_fail_together)                                                           \
	X(a_repeated_append_is_a_duplicate_of_the_first)                                           \
	X(a_repeated_append_in_one_batch_is_a_duplicate)                                           \
	X(an_id_with_another_body_is_a_mismatch)                                                   \
	X(an_id_with_another_log_is_a_mismatch)                                                    \
	X(an_id_of_another_author_is_not_a_duplicate)                                              \
	X(a_trimmed_events_id_is_free_again)                                                       \
	X(a_duplicate_in_an_op_stores_nothing_of_it)                                               \
	X(only_vital_ops_and_deletions_get_the_reserve)                                            \
	/* test_erase.c */                                                                         \
	X(a_target_must_exist)                                                                     \
	X(a_target_must_be_counted)                                                                \
	X(a_target_must_be_by_the_author_where_asked)                                              \
	X(erasing_takes_the_body_and_keeps_the_event)                                              \
	X(erasing_takes_what_refers_to_the_target)                                                 \
	X(an_erased_event_is_no_target)                                                            \
	X(an_erased_events_id_answers_duplicate_for_any_body)                                      \
	X(an_erased_events_id_in_another_log_is_a_mismatch)                                        \
	X(a_deletion_sent_again_is_a_duplicate)                                                    \
	X(an_edit_sent_again_after_the_deletion_is_a_duplicate)                                    \
	X(a_deletion_with_a_taken_id_erases_nothing)                                               \
	X(referring_events_are_read_by_target)                                                     \
	X(events_are_erased_by_place_with_what_refers_to_them)                                     \
	X(erasing_by_place_spares_what_isnt_there)                                                 \
	X(erasures_and_records_are_stored_together)                                                \
	X(an_authors_events_are_found)                                                             \
	X(an_authors_events_are_paged)                                                             \
	X(referring_events_are_paged)                                                              \
	/* test_log.c */                                                                           \
	X(a_read_is_limited_to_its_range_and_number)                                               \
	X(a_read_stops_when_told)                                                                  \
	X(an_unknown_log_is_empty)                                                                 \
	X(the_head_survives_trimming)                                                              \
	X(trimming_past_the_head_stops_there)                                                      \
	X(trimming_many_logs_reaches_all)                                                          \
	X(a_dropped_log_begins_anew)                                                               \
	X(a_large_dropped_log_begins_anew)                                                         \
	X(trimming_asked_for_before_a_drop_spares_the_new_log)                                     \
	X(a_dropped_logs_ids_are_free)                                                             \
	X(a_large_dropped_logs_ids_are_free)                                                       \
	X(counting_leaves_out_the_author_the_uncounted_and_the_erased)                             \
	X(counting_stops_at_the_maximum)                                                           \
	X(a_time_is_found_in_a_log)                                                                \
	X(heads_come_in_order)                                                                     \
	X(one_job_sees_one_state)                                                                  \
	X(late_jobs_run_behind_the_others_and_get_their_turn)                                      \
	X(jobs_run_on_reader_threads)                                                              \
	X(reads_may_be_nested)                                                                     \
	X(stats_count_commits_and_events)                                                          \
	/* test_record.c */                                                                        \
	X(a_record_is_written_replaced_and_deleted)                                                \
	X(an_empty_value_is_not_a_deletion)                                                        \
	X(a_record_that_must_be_absent_conflicts_when_present)                                     \
	X(a_record_that_must_be_present_conflicts_when_absent)                                     \
	X(a_conflict_names_the_put_and_stores_nothing)                                             \
	X(records_and_events_are_stored_together)                                                  \
	X(a_repeated_op_is_a_duplicate_before_it_is_a_conflict)                                    \
	X(a_scan_gives_the_prefix_in_order)                                                        \
	X(a_scan_ends_with_the_prefix_even_at_the_last_byte)                                       \
	X(kinds_of_records_are_apart)                                                              \
	X(a_large_value_comes_back_whole)

#define CONFORMANCE_DECLARE(name) void name(void **state);
CONFORMANCE(CONFORMANCE_DECLARE)
