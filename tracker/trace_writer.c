// SPDX-License-Identifier: BSD-2-Clause
#include "tracker/trace_writer.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/memory.h"
#include "daemon/daemon.h"
#include "io/loop.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    SECOND = 1000000,
    RETRY_MS = 5000,
    PREPARE_MS = 600000,
    PREPARE_SOON_MS = 15000,
    BATCH_TIMEOUT_MS = 120000,
    PLACE_VALUES = 6,
    LITERAL_MAX = 2 * LOG_FOLLOW_ID_MAX + 16
};

struct trace_writer {
    struct trace_writer_spec spec;
    struct pg *pg;
    struct loop_timer retry, prepare;
    bool has_place;
    bool is_sending;
    int64_t position;
    int64_t prepared_since; // microseconds since 1970: from that day on there are partitions
    struct trace_batch batch;
    struct trace_places places;
};

enum writer_fault { BATCH_REFUSED, PLACE_REFUSED, PREPARE_REFUSED, WRITER_FAULTS };

static struct fault faults[WRITER_FAULTS] = {
    [BATCH_REFUSED] = {.name = "batch-refused",
                       .text = "the database refuses rows of the log, which waits",
                       .advice = "run emailgency-migrate, or check the rights of the role"},
    [PLACE_REFUSED] = {.name = "place-refused",
                       .text = "the database does not say where the rows of the log end",
                       .advice = "run emailgency-migrate, or check the rights of the role"},
    [PREPARE_REFUSED] = {.name = "prepare-refused",
                         .text = "the database makes no partitions for messages",
                         .advice = "run emailgency-migrate, or check the rights of the role"},
};

static void ask_place(struct trace_writer *writer);
static void send_batch(struct trace_writer *writer);

static void report(enum writer_fault fault, const PGresult *result)
{
    (void)fault_report(&faults[fault],
                       log_text(slice_from(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY))).text);
}

static int64_t number_of(const PGresult *result, int column)
{
    return PQgetisnull(result, 0, column) ? 0 : strtoll(PQgetvalue(result, 0, column), NULL, 10);
}

static void read_place(const PGresult *result, int column, struct log_follow_place *out)
{
    out->position = number_of(result, column);
    (void)slice_copy(slice_from(PQgetvalue(result, 0, column + 1)), out->id, sizeof out->id);
    out->offset = number_of(result, column + 2);
}

static void accept_batch(struct trace_writer *writer)
{
    writer->is_sending = false;
    writer->position = writer->places.next.position;
    trace_batch_clear(&writer->batch);
    writer->spec.on_written();
}

static void on_place(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct trace_writer *writer = arg;
    struct log_follow_place place = {.position = 0}, replay = {.position = 0};
    if (rc == PG_ERROR) {
        report(PLACE_REFUSED, result);
        loop_timer_set(&writer->retry, RETRY_MS);
    }
    if (rc != PG_OK)
        return;
    if (PQntuples(result) > 0) {
        read_place(result, 0, &place);
        read_place(result, 3, &replay);
    }
    if (!writer->has_place) {
        writer->has_place = true;
        writer->position = place.position;
        writer->spec.on_place(&replay, &place);
    } else if (place.position == writer->places.next.position) {
        accept_batch(writer); // an earlier try succeeded
    } else {
        daemon_fail("the place in the log was moved by another process or by hand; it is read again at the "
                    "next start");
    }
}

static void ask_place(struct trace_writer *writer)
{
    const char *values[] = {writer->spec.node, writer->spec.log};
    pg_send(writer->pg,
            &(struct pg_statement){.name = "tracker_place",
                                   .sql = "select place, file, file_offset, replay_place, replay_file, "
                                          "replay_offset from emailgency.tracker_place($1, $2)",
                                   .count = 2,
                                   .values = values,
                                   .on_result = on_place,
                                   .arg = writer});
}

static void on_batch(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct trace_writer *writer = arg;
    if (rc == PG_ERROR) {
        report(BATCH_REFUSED, result);
        loop_timer_set(&writer->retry, RETRY_MS);
    } else if (rc == PG_OK && PQgetvalue(result, 0, 0)[0] == 't') {
        fault_clear(&faults[BATCH_REFUSED]);
        accept_batch(writer);
    } else if (rc == PG_OK) {
        ask_place(writer);
    } // PG_LOST, PG_TIMEOUT: on_ready sends it again
}

static void on_prepared(enum pg_rc rc, const PGresult *result, void *arg)
{
    struct trace_writer *writer = arg;
    if (rc == PG_ERROR)
        report(PREPARE_REFUSED, result);
    const bool is_done =
        rc == PG_OK && number_of(result, 0) == 0; // a day was dropped, or a lock was held: again
    loop_timer_set(&writer->prepare, is_done ? PREPARE_MS : PREPARE_SOON_MS);
}

static void prepare(void *arg)
{
    struct trace_writer *writer = arg;
    char day[CLOCK_DAY_MAX];
    const char *values[] = {day};
    clock_day(writer->prepared_since / SECOND, day);
    if (!pg_ready(writer->pg))
        return;
    pg_send(writer->pg, &(struct pg_statement){.name = "prepare_trace",
                                               .sql = "select emailgency.prepare_trace($1::date)",
                                               .count = 1,
                                               .values = values,
                                               .on_result = on_prepared,
                                               .arg = writer});
}

static void write_places(const struct trace_places *places, char numbers[LITERAL_MAX], char ids[LITERAL_MAX])
{
    snprintf(numbers, LITERAL_MAX, "{%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "}", places->next.position,
             places->next.offset, places->replay.position, places->replay.offset);
    snprintf(ids, LITERAL_MAX, "{\"%s\",\"%s\"}", places->next.id, places->replay.id);
}

// One statement, so one transaction.
static void send_batch(struct trace_writer *writer)
{
    char was[LITERAL_MAX], numbers[LITERAL_MAX], ids[LITERAL_MAX], time[LITERAL_MAX];
    const char *values[PLACE_VALUES + TRACE_COLUMNS] = {
        writer->spec.node, writer->spec.log, was, numbers, ids, NULL};
    if (writer->places.first_time >= 0 && writer->places.first_time < writer->prepared_since) {
        writer->prepared_since = writer->places.first_time;
        prepare(writer);
    }
    snprintf(was, sizeof was, "%" PRId64, writer->position);
    write_places(&writer->places, numbers, ids);
    if (writer->places.last_time >= 0) {
        snprintf(time, sizeof time, "%" PRId64, writer->places.last_time / SECOND);
        values[PLACE_VALUES - 1] = time;
    }
    trace_batch_literals(&writer->batch, values + PLACE_VALUES);
    pg_send(
        writer->pg,
        &(struct pg_statement){
            .name = "record_trace",
            .sql =
                "select "
                "emailgency.record_trace($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,"
                "$20,$21,$22,$23,$24,$25,$26,$27,$28,$29,$30,$31,$32,$33,$34,$35,$36,$37,$38,$39,$40,$41,$42,"
                "$43,"
                "$44,$45,$46,$47)",
            .count = PLACE_VALUES + TRACE_COLUMNS,
            .values = values,
            .timeout_ms = BATCH_TIMEOUT_MS,
            .on_result = on_batch,
            .arg = writer});
}

static void on_ready(struct pg *pg, void *arg)
{
    struct trace_writer *writer = arg;
    (void)pg;
    loop_timer_stop(&writer->retry);
    prepare(writer);
    if (!writer->has_place)
        ask_place(writer);
    else if (writer->is_sending)
        send_batch(writer);
}

static void retry(void *arg)
{
    struct trace_writer *writer = arg;
    if (pg_ready(writer->pg) && pg_waiting(writer->pg) == 0)
        on_ready(writer->pg, writer);
}

struct trace_writer *trace_writer_create(struct event_base *base, const struct trace_writer_spec *spec)
{
    struct trace_writer *writer = memory_or_exit(calloc(1, sizeof *writer));
    writer->spec = *spec;
    writer->spec.database.on_ready = on_ready;
    writer->spec.database.arg = writer;
    writer->prepared_since = (clock_wall() - 86400) * SECOND;
    fault_register(faults, WRITER_FAULTS, "emailgency_tracker_errors_total");
    loop_timer_init(&writer->retry, base, retry, writer);
    loop_timer_init(&writer->prepare, base, prepare, writer);
    writer->pg = pg_create(base, &writer->spec.database);
    return writer;
}

void trace_writer_destroy(struct trace_writer *writer)
{
    if (!writer)
        return;
    pg_destroy(writer->pg);
    loop_timer_finish(&writer->retry);
    loop_timer_finish(&writer->prepare);
    trace_batch_finish(&writer->batch);
    free(writer);
}

bool trace_writer_idle(const struct trace_writer *writer)
{
    return writer->has_place && !writer->is_sending;
}

void trace_writer_send(struct trace_writer *writer, struct trace_batch *batch,
                       const struct trace_places *places)
{
    const struct trace_batch empty = writer->batch;
    writer->batch = *batch;
    *batch = empty;
    writer->places = *places;
    writer->is_sending = true;
    if (pg_ready(writer->pg))
        send_batch(writer);
}

bool trace_writer_connected(const struct trace_writer *writer)
{
    return pg_ready(writer->pg);
}
