"""What dib uses of networkx: of all of it the import alone takes 0.15 s."""


class Nodes(dict):
    def __call__(self, data):
        return list(self.items())


class DiGraph:
    def __init__(self):
        self.nodes = Nodes()
        self.edges = {}

    def add_node(self, name, **attributes):
        self.nodes[name] = attributes
        self.edges[name] = {}

    def add_edge(self, first, second):
        self.edges[first][second] = True


def topological_sort(graph):
    waits_for = {name: sum(name in edges for edges in graph.edges.values()) for name in graph.nodes}
    ready = [name for name, count in waits_for.items() if count == 0]
    for name in ready:
        for follower in graph.edges[name]:
            waits_for[follower] -= 1
            if waits_for[follower] == 0:
                ready.append(follower)
    return ready
