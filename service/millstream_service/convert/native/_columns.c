/* Lines as they are stored first, as columns: convert/logs/columns.py says what these are, and makes them in Python.
 *
 * What is packed is what the service itself has put together: fields in order, and none besides. Anything else is left
 * to Python. It works without Python's lock.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "_module.h"
#include "_wire.h"

enum { MAX_KINDS = 255, MAX_KIND_BYTES = 64, TIME_BYTES = 5, BYTES_OF_LENGTH = 2, BYTES_A_LINE = 1 + 2 * TIME_BYTES };
enum { LINE_BREAK = '\n', NOT_A_CHARACTER = 0xff };

/* What a line has of its own. */
typedef struct {
    Bytes kind, text;
    unsigned long long seconds, nanos;
} Line;

/* What is known of lines once they were looked at. */
typedef struct {
    Bytes kinds[MAX_KINDS];
    size_t kind_count, kind_bytes, count, text_bytes;
    unsigned char separator;
} Summary;

static int read_line(Reader *reader, Line *line)
{
    Bytes data, ignored;
    unsigned long long number;
    if (!next_is(reader, LINE) || !read_bytes(reader, &data))
        return 0;
    Reader fields = reader_of(data);
    if (!next_is(&fields, ID) || !read_bytes(&fields, &ignored) || !next_is(&fields, BUILD_ID) ||
        !read_bytes(&fields, &ignored) || !next_is(&fields, SEQ) || !read_varint(&fields, &number))
        return 0;
    const unsigned char *kind = fields.at;
    if (next_is(&fields, CATEGORY) && !read_bytes(&fields, &ignored))
        return 0;
    if (!next_is(&fields, LEVEL) || !read_varint(&fields, &number))
        return 0;
    line->kind = (Bytes){kind, (size_t)(fields.at - kind)};
    line->text = (Bytes){fields.at, 0};
    if (next_is(&fields, CONTENT) && !read_bytes(&fields, &line->text))
        return 0;
    return next_is(&fields, CREATED_AT) && read_bytes(&fields, &ignored) && fields.at == fields.end &&
           read_time(ignored, &line->seconds, &line->nanos) && !(line->seconds >> 7 * TIME_BYTES) &&
           !(line->nanos >> 7 * TIME_BYTES);
}

/* Return which kind it is, a new one perhaps; MAX_KINDS where there is no room for it. */
static size_t kind_of(Summary *summary, Bytes kind)
{
    size_t index = 0;
    for (; index < summary->kind_count; index++)
        if (summary->kinds[index].size == kind.size && !memcmp(summary->kinds[index].data, kind.data, kind.size))
            return index;
    if (index == MAX_KINDS || kind.size > MAX_KIND_BYTES)
        return MAX_KINDS;
    summary->kinds[summary->kind_count++] = kind;
    summary->kind_bytes += BYTES_OF_LENGTH + kind.size;
    return index;
}

/* Look at all lines. Return whether columns can hold them. */
static int summed_up(Bytes data, Summary *summary)
{
    Reader reader = reader_of(data);
    Line line;
    summary->separator = LINE_BREAK;
    while (reader.at < reader.end) {
        if (!read_line(&reader, &line) || kind_of(summary, line.kind) == MAX_KINDS)
            return 0;
        if (memchr(line.text.data, LINE_BREAK, line.text.size))
            summary->separator = NOT_A_CHARACTER;
        summary->count++;
        summary->text_bytes += line.text.size;
    }
    return summary->count > 0;
}

static void put_planes(unsigned char *planes, size_t count, size_t index, unsigned long long number)
{
    for (size_t plane = 0; plane < TIME_BYTES; plane++) {
        const unsigned char more = plane + 1 < TIME_BYTES ? 128 : 0;
        planes[plane * count + index] = (unsigned char)((number >> 7 * plane & 127) | more);
    }
}

/* Write the columns of lines that were looked at. */
static void write_columns(Bytes data, Summary *summary, unsigned char *texts, unsigned char *rest)
{
    *rest++ = summary->separator;
    *rest++ = (unsigned char)summary->kind_count;
    for (size_t index = 0; index < summary->kind_count; index++) {
        *rest++ = (unsigned char)summary->kinds[index].size; /* MAX_KIND_BYTES fit into the first byte */
        *rest++ = 0;
        rest = put(rest, summary->kinds[index]);
    }
    Reader reader = reader_of(data);
    Line line;
    const size_t count = summary->count;
    unsigned char *seconds = rest + count, *nanos = seconds + TIME_BYTES * count;
    for (size_t index = 0; index < count && read_line(&reader, &line); index++) {
        if (index)
            *texts++ = summary->separator;
        texts = put(texts, line.text);
        rest[index] = (unsigned char)kind_of(summary, line.kind);
        put_planes(seconds, count, index, line.seconds);
        put_planes(nanos, count, index, line.nanos);
    }
}

static PyObject *packed(PyObject *Py_UNUSED(module), PyObject *args)
{
    Bytes data;
    Py_ssize_t size;
    Summary summary = {0};
    int fits;
    if (!PyArg_ParseTuple(args, "y#:packed", &data.data, &size))
        return NULL;
    data.size = (size_t)size;
    Py_BEGIN_ALLOW_THREADS
    fits = summed_up(data, &summary);
    Py_END_ALLOW_THREADS
    if (!fits)
        Py_RETURN_NONE;
    const size_t rest_size = 2 + summary.kind_bytes + summary.count * BYTES_A_LINE;
    PyObject *texts = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(summary.text_bytes + summary.count - 1));
    PyObject *rest = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)rest_size);
    if (!texts || !rest) {
        Py_XDECREF(texts);
        Py_XDECREF(rest);
        return NULL;
    }
    unsigned char *texts_at = (unsigned char *)PyBytes_AS_STRING(texts);
    unsigned char *rest_at = (unsigned char *)PyBytes_AS_STRING(rest);
    Py_BEGIN_ALLOW_THREADS
    write_columns(data, &summary, texts_at, rest_at);
    Py_END_ALLOW_THREADS
    return Py_BuildValue("NN", texts, rest);
}

static PyMethodDef functions[] = {
    {"packed", packed, METH_VARARGS, PyDoc_STR("Return lines as columns: see convert.columns.")},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_columns",
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__columns(void)
{
    return PyModuleDef_Init(&module);
}
