{{- /* Init containers: what a pod waits for. Each prints why it waits, and a line when it is over. */ -}}

{{- define "ow.wait" -}}
{{- $ := index . 0 -}}
- name: {{ index . 1 | quote }}
  image: {{ include "ow.image" (list $ $.Values.busybox) }}
  imagePullPolicy: "IfNotPresent"
{{- end -}}

{{- define "ow.wait.zookeeper" -}}
{{- $host := ternary .Values.zookeeper.host (printf "%s-zookeeper-0.%s" .Release.Name (include "ow.host" (list . "zookeeper"))) .Values.zookeeper.external -}}
{{ include "ow.wait" (list . "wait-for-zookeeper") }}
  command:
    - sh
    - -c
    - |
      until [ "$(echo ruok | nc -w 1 {{ $host }} {{ .Values.zookeeper.port }})" = imok ]; do
        echo "waiting for zookeeper"; sleep 1
      done
      echo "zookeeper returned imok!"
      echo "Success: zookeeper is up"
{{- end -}}

{{- define "ow.wait.kafka" -}}
{{- if not .Values.kafka.external -}}
{{ include "ow.wait" (list . "wait-for-kafka") }}
  command:
    - sh
    - -c
    - |
      api=https://$KUBERNETES_SERVICE_HOST/api/v1/namespaces/{{ .Release.Namespace }}/endpoints/{{ .Release.Name }}-kafka
      token=$(cat /var/run/secrets/kubernetes.io/serviceaccount/token)
      until wget -qO- --no-check-certificate --header "Authorization: Bearer $token" "$api" | grep -q '"ip"'; do
        echo "waiting for a kafka endpoint"; sleep 3
      done
      echo "Success: ready kafka endpoint!"
{{- end -}}
{{- end -}}

{{- define "ow.wait.couchdb" -}}
{{- if .Values.db.wipeAndInit -}}
{{- $auth := printf "%s:%s" .Values.db.auth.username .Values.db.auth.password | b64enc -}}
{{ include "ow.wait" (list . "wait-for-couchdb") }}
  env:
    - name: "READINESS_URL"
      value: "{{ .Values.db.protocol }}://{{ include "ow.db.host" . }}:{{ .Values.db.port }}/ow_kube_couchdb_initialized_marker"
  command:
    - sh
    - -c
    - |
      until wget -T 5 --spider "$READINESS_URL" --header="Authorization: Basic {{ $auth }}"; do
        echo "waiting for init-couchdb to finish"; sleep 3
      done
      echo "Success: CouchDB is ready!"
{{- end -}}
{{- end -}}

{{- define "ow.wait.controller" -}}
{{ include "ow.wait" (list . "wait-for-controller") }}
  env:
    - name: "READINESS_URL"
      value: "http://{{ include "ow.host" (list . "controller") }}:{{ .Values.controller.port }}/ping"
  command:
    - sh
    - -c
    - |
      until wget -T 5 --spider "$READINESS_URL"; do
        echo "waiting for the controller"; sleep 1
      done
      echo "Success: controller is ready"
{{- end -}}

{{- define "ow.wait.invoker" -}}
{{ include "ow.wait" (list . "wait-for-healthy-invoker") }}
  env:
    - name: "READINESS_URL"
      value: "http://{{ include "ow.host" (list . "controller") }}:{{ .Values.controller.port }}/invokers/healthy/count"
  command:
    - sh
    - -c
    - |
      until count=$(wget -T 5 -qO- "$READINESS_URL") && [ "$count" -gt 0 ]; do
        echo "waiting for a healthy invoker"; sleep 3
      done
      echo "Success: there are $count healthy invokers"
{{- end -}}

{{- define "ow.wait.scheduler" -}}
{{ include "ow.wait" (list . "wait-for-scheduler") }}
  env:
    - name: "READINESS_URL"
      value: "http://{{ include "ow.host" (list . "scheduler") }}:{{ .Values.scheduler.endpoints.port }}/ping"
  command:
    - sh
    - -c
    - |
      until wget -T 5 --spider "$READINESS_URL"; do
        echo "waiting for the scheduler"; sleep 1
      done
      echo "Success: scheduler is ready"
{{- end -}}
