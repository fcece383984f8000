/* Protobuf's wire format, as far as our C code reads and writes it: https://protobuf.dev/programming-guides/encoding/ */
#ifndef MILLSTREAM_WIRE_H
#define MILLSTREAM_WIRE_H

#include <stddef.h>
#include <string.h>

/* Tags of fields: the number, shifted by 3, with the wire type (0 a varint, 2 bytes with their length). */
enum {
    ID = 1 << 3 | 2, /* BuildLog; a BuildLogEntry has the same from CATEGORY on */
    BUILD_ID = 2 << 3 | 2,
    SEQ = 3 << 3,
    CATEGORY = 4 << 3 | 2,
    LEVEL = 5 << 3,
    CONTENT = 6 << 3 | 2,
    CREATED_AT = 7 << 3 | 2,
    LINE = 2 << 3 | 2, /* TailBuildLogsResponse.build_logs, and its last_seq */
    LAST_SEQ = 3 << 3,
    HIT = 1 << 3 | 2, /* SearchHit: build_log, and after; before has the tag of LINE */
    AFTER = 3 << 3 | 2,
    SECONDS = 1 << 3, /* Timestamp */
    NANOS = 2 << 3,
};

enum { MAX_DIGITS = 20, MAX_VARINT = 10 };

typedef struct {
    const unsigned char *data;
    size_t size;
} Bytes;

/* Where one reads. */
typedef struct {
    const unsigned char *at, *end;
} Reader;

/* What the service adds to a line: its number, and the digits at the end of its id. */
typedef struct {
    unsigned long long seq;
    unsigned char digits[MAX_DIGITS];
    size_t digit_count, id_size;
} Numbered;

static inline size_t varint_size(unsigned long long number)
{
    size_t size = 1;
    while (number >>= 7)
        size++;
    return size;
}

static inline unsigned char *put_varint(unsigned char *at, unsigned long long number)
{
    for (; number > 127; number >>= 7)
        *at++ = (unsigned char)(number | 128);
    *at++ = (unsigned char)number;
    return at;
}

/* Return the size of a field with a tag of one byte, and a length. */
static inline size_t field_size(size_t length)
{
    return 1 + varint_size(length) + length;
}

static inline unsigned char *put_tag(unsigned char *at, unsigned char tag, size_t length)
{
    *at++ = tag;
    return put_varint(at, length);
}

static inline unsigned char *put(unsigned char *at, Bytes bytes)
{
    if (bytes.size) /* C before C23 says nothing of copying no bytes from nowhere */
        memcpy(at, bytes.data, bytes.size);
    return at + bytes.size;
}

static inline unsigned char *put_field(unsigned char *at, unsigned char tag, Bytes bytes)
{
    return put(put_tag(at, tag, bytes.size), bytes);
}

static inline Reader reader_of(Bytes bytes)
{
    return (Reader){bytes.data, bytes.data + bytes.size};
}

static inline int read_varint(Reader *reader, unsigned long long *number)
{
    *number = 0;
    for (int place = 0; place < MAX_VARINT && reader->at < reader->end; place++) {
        const unsigned char byte = *reader->at++;
        *number |= (unsigned long long)(byte & 127) << 7 * place;
        if (byte < 128)
            return 1;
    }
    return 0;
}

static inline int read_bytes(Reader *reader, Bytes *bytes)
{
    unsigned long long size;
    if (!read_varint(reader, &size) || size > (size_t)(reader->end - reader->at))
        return 0;
    *bytes = (Bytes){reader->at, (size_t)size};
    reader->at += size;
    return 1;
}

static inline int next_is(Reader *reader, unsigned char tag)
{
    const int is = reader->at < reader->end && *reader->at == tag;
    reader->at += is;
    return is;
}

/* Read a Timestamp whose fields stand in order. Return whether it is one. */
static inline int read_time(Bytes timestamp, unsigned long long *seconds, unsigned long long *nanos)
{
    Reader reader = reader_of(timestamp);
    *seconds = *nanos = 0;
    return (!next_is(&reader, SECONDS) || read_varint(&reader, seconds)) &&
           (!next_is(&reader, NANOS) || read_varint(&reader, nanos)) && reader.at == reader.end;
}

static inline Numbered numbered(Bytes build_id, unsigned long long seq)
{
    Numbered line = {.seq = seq};
    unsigned char *end = line.digits + MAX_DIGITS;
    for (unsigned long long left = seq; left || !line.digit_count; left /= 10, line.digit_count++)
        *--end = (unsigned char)('0' + left % 10);
    line.id_size = build_id.size + 1 + line.digit_count;
    return line;
}

/* Return the size of the fields `id`, `build_id` and `seq` of a line. */
static inline size_t numbered_size(const Numbered *line, Bytes build_id)
{
    return field_size(line->id_size) + field_size(build_id.size) + 1 + varint_size(line->seq);
}

/* Write the beginning of a line of this size: what comes before its own fields. */
static inline unsigned char *put_numbered(unsigned char *at, const Numbered *line, Bytes build_id, size_t size)
{
    at = put_tag(at, LINE, size);
    at = put(put_tag(at, ID, line->id_size), build_id);
    *at++ = '/';
    at = put(at, (Bytes){line->digits + MAX_DIGITS - line->digit_count, line->digit_count});
    at = put_field(at, BUILD_ID, build_id);
    *at++ = SEQ;
    return put_varint(at, line->seq);
}

#endif
