/* The lines of a merged chunk as messages: convert/logs/line_messages.py says what this does, and does the same in Python.
 *
 * It works without Python's lock, so that other calls are answered meanwhile. Whatever it is given, it reads within its
 * buffers: damaged columns are an error.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "_module.h"
#include "_wire.h"

enum { USUAL_LINE = 1024, USUAL_FIELDS = 128, MAX_LAST_SEQ = 11, MAX_AT_ONCE = 1 << 30 };
#define NOT_AS_MANY "there are more texts, or fewer, than lines"
enum { MAX_KINDS = 255, TIME_BYTES = 5, MAX_TIME = 2 * (1 + TIME_BYTES) };

/* The columns. Lines are left out before `first` and from `end` on (counted from 0), and those of `kinds` without data.
 * Those before the line `hit` become the field `before` of a SearchHit, which has the tag of a tail's lines. */
typedef struct {
    Bytes build_id, texts, column, times;
    Bytes kinds[MAX_KINDS];
    size_t kind_count;
    unsigned long long first_seq;
    size_t first, end, hit;
    unsigned char separator;
} Columns;

/* Where a line's text begins. `index` counts lines from 0. */
typedef struct {
    size_t index, begin;
} Place;

/* What a line has of its own, and how large its message is, without tag and length. */
typedef struct {
    Numbered numbered;
    unsigned char time[MAX_TIME];
    size_t time_size, size;
    Bytes kind, text;
} Line;

/* Messages, and how much room there is for them, or `needed` for the next. */
typedef struct {
    unsigned char *data;
    size_t size, room, needed;
} Made;

typedef enum { FOUND, LEFT_OUT, NO_TEXT, NO_KIND, NO_ROOM } Outcome;

static unsigned char *put_number(unsigned char *at, unsigned char tag, unsigned long long number)
{
    if (number == 0)
        return at;
    *at++ = tag;
    return put_varint(at, number);
}

/* Return the number of a line in a column of times: TIME_BYTES planes with 7 bits each, lowest first. */
static unsigned long long number_of(const unsigned char *planes, size_t count, size_t place)
{
    unsigned long long number = 0;
    for (size_t plane = 0; plane < TIME_BYTES; plane++)
        number |= (unsigned long long)(planes[plane * count + place] & 127) << 7 * plane;
    return number;
}

/* Look at the line of a place, and move this to the next one. */
static Outcome next_line(const Columns *columns, Place *place, Line *line)
{
    const size_t count = columns->column.size, index = place->index, kind = columns->column.data[index];
    if (place->begin > columns->texts.size)
        return NO_TEXT;
    const unsigned char *text = columns->texts.data + place->begin;
    const size_t left = columns->texts.size - place->begin;
    const unsigned char *end = memchr(text, columns->separator, left);
    if ((index + 1 == count) == (end != NULL))
        return NO_TEXT;
    if (kind >= columns->kind_count)
        return NO_KIND;
    line->text = (Bytes){text, end ? (size_t)(end - text) : left};
    line->kind = columns->kinds[kind];
    place->begin += line->text.size + 1;
    place->index++;
    if (index < columns->first || !line->kind.data)
        return LEFT_OUT;
    line->numbered = numbered(columns->build_id, columns->first_seq + index);
    const unsigned char *seconds = columns->times.data, *nanos = seconds + TIME_BYTES * count;
    unsigned char *time_end = put_number(line->time, SECONDS, number_of(seconds, count, index));
    time_end = put_number(time_end, NANOS, number_of(nanos, count, index));
    line->time_size = (size_t)(time_end - line->time);
    line->size = numbered_size(&line->numbered, columns->build_id) + line->kind.size +
                 (line->text.size ? field_size(line->text.size) : 0) + field_size(line->time_size);
    return FOUND;
}

static unsigned char *put_line(unsigned char *at, const Line *line, Bytes build_id)
{
    at = put_numbered(at, &line->numbered, build_id, line->size);
    at = put(at, line->kind);
    if (line->text.size)
        at = put_field(at, CONTENT, line->text);
    return put_field(at, CREATED_AT, (Bytes){line->time, line->time_size});
}

/* Write lines, and move the place behind them, until there are `most` bytes or no lines are left. */
static Outcome write_lines(const Columns *columns, Place *place, Made *made, size_t most)
{
    while (place->index < columns->end && made->size < most) {
        Place next = *place;
        Line line;
        const Outcome outcome = next_line(columns, &next, &line);
        if (outcome == NO_TEXT || outcome == NO_KIND)
            return outcome;
        if (outcome == FOUND) {
            made->needed = field_size(line.size);
            if (made->needed > made->room - made->size)
                return NO_ROOM;
            unsigned char *const at = made->data + made->size;
            made->size = (size_t)(put_line(at, &line, columns->build_id) - made->data);
            if (place->index >= columns->hit)
                *at = place->index == columns->hit ? HIT : AFTER;
        }
        *place = next;
    }
    return FOUND;
}

/* Write lines into a bytes object, which has some room at first and grows where a line is long. Return it, or NULL with
 * an exception. */
static PyObject *written(const Columns *columns, Bytes head, Place *place, size_t most, size_t room)
{
    Made made = {.needed = room};
    Outcome outcome = NO_ROOM;
    PyObject *object = NULL;
    while (outcome == NO_ROOM) {
        made.room = made.size + head.size + made.needed;
        const Py_ssize_t size = (Py_ssize_t)(made.room + MAX_LAST_SEQ);
        if (object ? _PyBytes_Resize(&object, size) < 0 : !(object = PyBytes_FromStringAndSize(NULL, size)))
            return NULL;
        made.data = (unsigned char *)PyBytes_AS_STRING(object);
        if (made.size == 0)
            made.size = (size_t)(put(made.data, head) - made.data);
        Py_BEGIN_ALLOW_THREADS
        outcome = write_lines(columns, place, &made, head.size + most);
        Py_END_ALLOW_THREADS
    }
    if (outcome == FOUND) {
        if (head.size) {
            unsigned char *at = put_number(made.data + made.size, LAST_SEQ, columns->first_seq + place->index - 1);
            made.size = (size_t)(at - made.data);
        }
        return _PyBytes_Resize(&object, (Py_ssize_t)made.size) < 0 ? NULL : object;
    }
    Py_DECREF(object);
    PyErr_SetString(PyExc_ValueError, outcome == NO_KIND ? "a line is of no known kind" : NOT_AS_MANY);
    return NULL;
}

static int take_kinds(Columns *columns, PyObject *kinds)
{
    const Py_ssize_t count = PyTuple_Size(kinds);
    if (count < 0 || count > MAX_KINDS) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "there are too many kinds");
        return -1;
    }
    for (Py_ssize_t index = 0; index < count; index++) {
        PyObject *kind = PyTuple_GetItem(kinds, index);
        char *data = NULL;
        Py_ssize_t size = 0;
        if (kind != Py_None && PyBytes_AsStringAndSize(kind, &data, &size) < 0)
            return -1;
        columns->kinds[index] = (Bytes){(unsigned char *)data, (size_t)size};
    }
    columns->kind_count = (size_t)count;
    return 0;
}

static PyObject *messages(PyObject *Py_UNUSED(module), PyObject *args)
{
    Columns columns = {0};
    Bytes head;
    PyObject *kinds;
    Py_ssize_t head_size, id_size, texts_size, column_size, times_size, first, index, begin, most;
    if (!PyArg_ParseTuple(args, "y#y#Ky#bO!y#y#nnnn:messages", &head.data, &head_size, &columns.build_id.data, &id_size,
                          &columns.first_seq, &columns.texts.data, &texts_size, &columns.separator, &PyTuple_Type,
                          &kinds, &columns.column.data, &column_size, &columns.times.data, &times_size, &first, &index,
                          &begin, &most) ||
        take_kinds(&columns, kinds) < 0)
        return NULL;
    if (times_size % (2 * TIME_BYTES) || times_size / (2 * TIME_BYTES) != column_size || first < 0 || index < 0 ||
        begin < 0 || most < 1 || most > MAX_AT_ONCE) {
        PyErr_SetString(PyExc_ValueError, "a column is too long, or too short");
        return NULL;
    }
    head.size = (size_t)head_size;
    columns.build_id.size = (size_t)id_size;
    columns.texts.size = (size_t)texts_size;
    columns.column.size = (size_t)column_size;
    columns.times.size = (size_t)times_size;
    columns.first = (size_t)first;
    columns.end = columns.hit = columns.column.size;
    Place place = {(size_t)index, (size_t)begin};
    PyObject *made = written(&columns, head, &place, (size_t)most, (size_t)most + USUAL_LINE);
    return made ? Py_BuildValue("Nnn", made, (Py_ssize_t)place.index, (Py_ssize_t)place.begin) : NULL;
}

/* Return where the line before a place begins. */
static Place line_before(const Columns *columns, Place place)
{
    size_t begin = place.begin - 1;
    while (begin > 0 && columns->texts.data[begin - 1] != columns->separator)
        begin--;
    return (Place){place.index - 1, begin};
}

/* Return where the line behind a place begins, or the end of the texts. */
static Place line_behind(const Columns *columns, Place place)
{
    const unsigned char *const text = columns->texts.data + place.begin;
    const unsigned char *const end = memchr(text, columns->separator, columns->texts.size - place.begin);
    return (Place){place.index + 1, end ? (size_t)(end - columns->texts.data) + 1 : columns->texts.size};
}

static PyObject *around(PyObject *Py_UNUSED(module), PyObject *args)
{
    Columns columns = {0};
    PyObject *kinds;
    Py_ssize_t id_size, texts_size, column_size, times_size, index, begin, count, most;
    if (!PyArg_ParseTuple(args, "y#Ky#bO!y#y#nnnn:around", &columns.build_id.data, &id_size, &columns.first_seq,
                          &columns.texts.data, &texts_size, &columns.separator, &PyTuple_Type, &kinds,
                          &columns.column.data, &column_size, &columns.times.data, &times_size, &index, &begin, &count,
                          &most) ||
        take_kinds(&columns, kinds) < 0)
        return NULL;
    if (times_size % (2 * TIME_BYTES) || times_size / (2 * TIME_BYTES) != column_size || index < 0 ||
        index >= column_size || begin < 0 || begin > texts_size || count < 0 || most < 0 || most > MAX_AT_ONCE) {
        PyErr_SetString(PyExc_ValueError, "a column is too long, or too short");
        return NULL;
    }
    columns.build_id.size = (size_t)id_size;
    columns.texts.size = (size_t)texts_size;
    columns.column.size = (size_t)column_size;
    columns.times.size = (size_t)times_size;
    columns.hit = (size_t)index;
    Place first = {(size_t)index, (size_t)begin}, last = line_behind(&columns, first);
    while (first.begin && first.index && columns.hit - first.index < (size_t)count && (size_t)begin - first.begin <= (size_t)most)
        first = line_before(&columns, first);
    while (last.index < columns.column.size && last.index - columns.hit <= (size_t)count &&
           last.begin - (size_t)begin <= (size_t)most)
        last = line_behind(&columns, last);
    if (!first.begin && first.index) {
        PyErr_SetString(PyExc_ValueError, NOT_AS_MANY);
        return NULL;
    }
    columns.first = first.index;
    columns.end = last.index;
    const size_t before = columns.hit - first.index, after = last.index - columns.hit - 1;
    const size_t room = last.begin - first.begin + (before + 1 + after) * (2 * columns.build_id.size + USUAL_FIELDS);
    PyObject *made = written(&columns, (Bytes){0}, &first, MAX_AT_ONCE, room);
    return made ? Py_BuildValue("Nnn", made, (Py_ssize_t)before, (Py_ssize_t)after) : NULL;
}

static PyMethodDef functions[] = {
    {"messages", messages, METH_VARARGS, PyDoc_STR("Return lines as messages: see convert.line_messages.")},
    {"around", around, METH_VARARGS, PyDoc_STR("Return a line with those around it: see convert.line_messages.")},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_lines",
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__lines(void)
{
    return PyModuleDef_Init(&module);
}
